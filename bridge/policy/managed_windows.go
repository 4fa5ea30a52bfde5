package policy

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// managedFile asks the system for the directory: the variable ProgramData is the
// user's to set.
func managedFile() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		dir = `C:\ProgramData`
	}
	return filepath.Join(dir, "ucbridge", "policy.yaml")
}
