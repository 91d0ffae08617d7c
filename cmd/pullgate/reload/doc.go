// Package reload puts files into force again when they change.
package reload
