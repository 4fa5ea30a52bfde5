package policy

import (
	"fmt"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// checkManaged reports why users can change the administrator's file. Every user may make
// a folder in ProgramData: the file and its folder must belong to the system or its
// administrators, and nobody else may write, remove or replace the file. That somebody
// may add other files to the folder, as ProgramData has it, is no harm.
func checkManaged(name string) error {
	const change = windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL
	const write = change | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.GENERIC_WRITE
	const fileDeleteChild = 0x40 // winnt.h
	if err := checkOwned(name, write); err != nil {
		return err
	}
	return checkOwned(filepath.Dir(name), change|fileDeleteChild)
}

// checkOwned reports who beside the system and its administrators owns a file or a folder,
// or has one of the rights.
func checkOwned(name string, rights windows.ACCESS_MASK) error {
	descriptor, err := windows.GetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("reading who may write %s: %w", name, err)
	}
	return judge(name, descriptor, rights)
}

func judge(name string, descriptor *windows.SECURITY_DESCRIPTOR, rights windows.ACCESS_MASK) error {
	owner, _, err := descriptor.Owner()
	if err != nil {
		return fmt.Errorf("reading the owner of %s: %w", name, err)
	}
	if !administers(owner) {
		return fmt.Errorf("%s belongs to %s, and not to the administrators", name, account(owner))
	}
	list, _, err := descriptor.DACL()
	if err != nil || list == nil {
		return fmt.Errorf("%s can be written by everybody", name)
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return fmt.Errorf("reading the access list of %s: %w", name, err)
		}
		if entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || entry.Mask&rights == 0 { // each kind has a mask there
			continue
		}
		switch entry.Header.AceType {
		case windows.ACCESS_DENIED_ACE_TYPE:
		case windows.ACCESS_ALLOWED_ACE_TYPE:
			if sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart)); !administers(sid) {
				return fmt.Errorf("%s can be changed by %s", name, account(sid))
			}
		default: // on a condition, for one, which is not judged here
			return fmt.Errorf("%s can be changed under an access entry of kind %d; give rights by plain entries", name, entry.Header.AceType)
		}
	}
	return nil
}

// administers reports whether an account is the system, its administrators or the
// installer of Windows itself.
func administers(sid *windows.SID) bool {
	const trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	return sid.IsWellKnown(windows.WinLocalSystemSid) || sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) || sid.String() == trustedInstaller
}

// account is how people know a SID.
func account(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	return domain + `\` + name
}
