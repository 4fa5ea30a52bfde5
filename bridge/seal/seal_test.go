package seal

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := func(secret string) *Sealer {
			s, err := New(secret)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		one, same, other := made("a secret of some length"), made("a secret of some length"), made("another secret of some length")
		until := time.Now().Add(time.Minute).Truncate(time.Second)
		sealed := one.Seal("cookie", []byte("plain"), until)
		if sealed == one.Seal("cookie", []byte("plain"), until) {
			t.Error("the same text is sealed alike twice")
		}
		if plain, expires, err := same.Open("cookie", sealed); string(plain) != "plain" || !expires.Equal(until) || err != nil {
			t.Errorf("%q %v %v", plain, expires, err)
		}
		changed := []byte(sealed)
		changed[len(changed)/2] ^= 1
		for name, open := range map[string]func() error{
			"another secret":  func() error { _, _, err := other.Open("cookie", sealed); return err },
			"another purpose": func() error { _, _, err := one.Open("link", sealed); return err },
			"changed":         func() error { _, _, err := one.Open("cookie", string(changed)); return err },
			"cut":             func() error { _, _, err := one.Open("cookie", sealed[:9]); return err },
			"no base64":       func() error { _, _, err := one.Open("cookie", "%"); return err },
		} {
			if open() != errUnsealed {
				t.Errorf("%s: opened", name)
			}
		}
		time.Sleep(time.Minute)
		if _, _, err := one.Open("cookie", sealed); err != errUnsealed {
			t.Errorf("too old: %v", err)
		}
	})
}
