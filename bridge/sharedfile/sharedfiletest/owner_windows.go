// Package sharedfiletest tells tests who may read a file.
package sharedfiletest

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// OnlyOwner fails the test unless the file is for its owner alone: its mode is 0600, or
// on Windows its access list names nobody but the user, the system and its administrators.
func OnlyOwner(t testing.TB, name string) {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	descriptor, err := windows.GetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	list, _, err := descriptor.DACL()
	if err != nil || list == nil {
		t.Errorf("%s has no access list: %v", name, err)
		return
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			t.Fatal(err)
		}
		sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		if entry.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && entry.Mask&windows.FILE_READ_DATA != 0 && !sid.Equals(user.User.Sid) &&
			!sid.IsWellKnown(windows.WinLocalSystemSid) && !sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
			t.Errorf("%s can be read by %s: %s", name, sid, descriptor)
		}
	}
}
