package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// TestJudge: who may change the administrator's policy, by security descriptors as
// Windows makes them.
func TestJudge(t *testing.T) {
	t.Parallel()
	const file, folder = windows.FILE_WRITE_DATA | windows.DELETE, windows.DELETE | 0x40
	for _, tt := range []struct {
		name, descriptor string
		rights           windows.ACCESS_MASK
		fault            string
	}{
		{"a file in ProgramData, made by the system", "O:SYD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)", file, ""},
		{"its folder", "O:BAD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)", folder, ""},
		{"a user made it", "O:S-1-5-21-1-2-3-1001D:(A;;FA;;;SY)", file, "belongs to"},
		{"users may write it", "O:BAD:(A;;FA;;;SY)(A;;0x1301bf;;;BU)", file, "can be changed by"},
		{"users may not", "O:BAD:(D;;FA;;;BU)(A;;FA;;;BA)", file, ""},
		{"users may remove what is in it", "O:BAD:(A;;FA;;;SY)(A;;0x40;;;WD)", folder, "can be changed by"},
	} {
		descriptor, err := windows.SecurityDescriptorFromString(tt.descriptor)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		err = judge("x", descriptor, tt.rights)
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.fault)
		}
	}
}

// TestJudgeOtherKinds has entries allow everybody to write under a condition, and in the
// other ways that are not judged (winnt.h, ACCESS_ALLOWED_..._ACE_TYPE). They do no harm
// where they give no such right, or are for what is made in a folder.
func TestJudgeOtherKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []uint8{4, 5, 9, 11} { // compound, object, callback, callback object
		for entry, harms := range map[string]bool{"(A;;GA;;;WD)": true, "(A;;GR;;;WD)": false, "(A;OICIIO;GA;;;WD)": false} {
			descriptor, err := windows.SecurityDescriptorFromString("O:BAD:(A;;FA;;;BA)" + entry)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := descriptor.DACL()
			if err != nil {
				t.Fatal(err)
			}
			var last *windows.ACCESS_ALLOWED_ACE
			if err := windows.GetAce(list, uint32(list.AceCount)-1, &last); err != nil {
				t.Fatal(err)
			}
			last.Header.AceType = kind
			if err := judge("x", descriptor, windows.GENERIC_ALL|windows.DELETE); (err != nil) != harms {
				t.Errorf("%s of kind %d: %v", entry, kind, err)
			}
		}
	}
}

func TestJudgeWithoutList(t *testing.T) {
	t.Parallel()
	descriptor, err := windows.NewSecurityDescriptor()
	if err != nil {
		t.Fatal(err)
	}
	owner, err := windows.CreateWellKnownSid(windows.WinLocalSystemSid)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(descriptor.SetOwner(owner, false), descriptor.SetDACL(nil, true, false)); err != nil {
		t.Fatal(err)
	}
	if err := judge("x", descriptor, windows.DELETE); err == nil || !strings.Contains(err.Error(), "by everybody") {
		t.Errorf("%v", err)
	}
}

// TestManagedByUser: a policy that a user put in the place of the administrator's lets
// nothing pass.
func TestManagedByUser(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(name, []byte("read_only: false"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkManaged(name); err == nil || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("%v", err)
	}
}
