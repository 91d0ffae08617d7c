package cloud

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// serveSTS answers AssumeRoleWithWebIdentity, which nobody signs.
func (c *Cloud) serveSTS(w http.ResponseWriter, r *http.Request, x *exchange) {
	if action := r.PostFormValue("Action"); action != "AssumeRoleWithWebIdentity" {
		refuseSTS(w, http.StatusBadRequest, "InvalidAction", "Could not find operation "+action)
		return
	}
	name, ours := strings.CutPrefix(r.PostFormValue("RoleArn"), ARN(""))
	role, ok := c.role(name)
	if ours && ok && role.trusts(r.PostFormValue("WebIdentityToken")) {
		x.Role = role.Name
	}
	switch {
	case x.State == Throttled:
		refuseSTS(w, http.StatusBadRequest, "Throttling", "Rate exceeded")
	case x.State == Unavailable:
		refuseSTS(w, http.StatusServiceUnavailable, "ServiceUnavailable", "Service is unavailable")
	case x.State == Denied, x.Role == "":
		refuseSTS(w, http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	default:
		k := c.issueKey(temporary, role.Name)
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
			`<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>`+
			`<SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>`+
			`<AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>`+
			`</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>scripted</RequestId></ResponseMetadata>`+
			`</AssumeRoleWithWebIdentityResponse>`, k.ID, k.Secret, k.Session, k.Expires.Format(time.RFC3339), session(role.Name))
	}
}

func refuseSTS(w http.ResponseWriter, status int, code, message string) {
	who := "Sender"
	if status >= http.StatusInternalServerError {
		who = "Receiver"
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(message)) // a strings.Builder takes all
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>%s</Type><Code>%s</Code>`+
		`<Message>%s</Message></Error><RequestId>scripted</RequestId></ErrorResponse>`, who, code, &escaped)
}
