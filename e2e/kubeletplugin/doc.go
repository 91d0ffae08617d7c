// Package kubeletplugin reaches into the kubelet's code for credential provider
// plugins: what it does not export, and what a test must see or replace. The kubelet
// registers its providers once, in a variable that only grows; Forget empties it, so that
// many configurations can be tried in one process.
//
// access.go says why that is sound.
package kubeletplugin
