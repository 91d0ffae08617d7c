// Command etcd is the etcd server, built from its Go module, for the control
// plane that the tests and the demo start.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
