package check

import (
	"fmt"
	"os"
	"strings"

	"github.com/pullgate/pullgate/resolver/reference"
)

// refusePath refuses an argument that was meant for a flag: in "--docker-config
// login.json", without the =, and in "check deploy.yaml" the file would be an
// image of Docker Hub. A bare word such as "nginx" is an image, whatever lies
// around in the current folder, and so is a folder that has an image's name.
func refusePath(argument string) error {
	if !strings.ContainsAny(argument, "./"+string(os.PathSeparator)) {
		return nil
	}
	info, err := os.Stat(argument)
	if err != nil {
		return nil //nolint:nilerr // it is no path, which is what was hoped for
	}
	what := "file"
	if info.IsDir() {
		if _, err := reference.Parse(argument); err == nil {
			return nil
		}
		what = "folder"
	}
	return fmt.Errorf("%q is a %s, and arguments are images: use -f %[1]s for manifests, --docker-config=%[1]s, with =, for a login, "+
		"and --image %[1]s for an image of that name", argument, what)
}
