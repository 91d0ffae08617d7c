package webhook

import admissionv1 "k8s.io/api/admission/v1"

// bringsImages is false for requests that need not be decoded: of the
// subresources only one can bring an image.
func bringsImages(req admissionv1.AdmissionRequest) bool {
	switch req.Operation {
	case admissionv1.Create:
		return req.SubResource == ""
	case admissionv1.Update:
		return req.SubResource == "" || req.SubResource == "ephemeralcontainers"
	default:
		return false
	}
}
