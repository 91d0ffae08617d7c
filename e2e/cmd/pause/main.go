// Command pause does nothing until it is told to end. It is the container that
// holds a Pod's namespaces, and, for want of anything to do, the one in them.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)
	<-end
}
