package pullgate

import "regexp"

// denial is how the API server begins what it says of a webhook's denial. It may
// come after what kubectl was doing.
var denial = regexp.MustCompile(`admission webhook "(?:pods|pod-updates)\.pullgate\.dev" denied the request: `)

// Denial finds in an error's message what pullgate has denied a Pod with, if it has.
func Denial(message string) (said string, denied bool) {
	at := denial.FindStringIndex(message)
	if at == nil {
		return "", false
	}
	return message[at[1]:], true
}
