package refusal

import "testing"

func TestForUser(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ada@example.com": "GRANT TO `ada@example.com`",
		"a`; DROP":        "GRANT TO `<you>`", // a name from the wire that does not stay a name
		"":                "GRANT TO `<you>`",
	} {
		if got := ForUser("GRANT TO `<you>`", name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
