// Package process starts the servers that the end-to-end tests need as
// processes of this machine, and sees to it that none of them outlives the
// test: a process is stopped by its own id, and on Linux the kernel ends it when
// its parent dies without having had the time to.
package process
