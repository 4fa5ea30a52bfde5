package shell

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	tests := []struct{ system, variable, value, program, want string }{
		{"linux", "", "", "/bin/ucbridge", "/bin/ucbridge install"},
		{"linux", "F", "/tmp/x", "/bin/ucbridge", "F=/tmp/x /bin/ucbridge install"},
		{"darwin", "F", "/tmp/a b", "/it's/ucbridge", `F='/tmp/a b' '/it'\''s/ucbridge' install`},
		{"linux", "", "", `/bin/uc\bridge`, `'/bin/uc\bridge' install`},
		{"linux", "", "", "two\nlines", "'two\nlines' install"},
		{"windows", "", "", `C:\ucbridge.exe`, `C:\ucbridge.exe install`},
		{"windows", "F", `C:\a b`, `C:\Program Files\ucbridge.exe`, `$env:F = 'C:\a b'; & 'C:\Program Files\ucbridge.exe' install`},
	}
	for _, tt := range tests {
		got := Command(tt.system, tt.program, "install")
		if tt.variable != "" {
			got = WithVariable(tt.system, tt.variable, tt.value, got)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.system, diff)
		}
	}
}
