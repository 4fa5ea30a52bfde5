package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/tokencache"
)

// silent is a workspace that does not answer.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestTooManyCallers has more callers than are identified at once, none of whom waits: the
// next one is told to try again, and not that the token is bad.
func TestTooManyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPeople(silent{})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var err error
		for n := 0; !errors.Is(err, tokencache.ErrBusy) && n < 20_000; n++ {
			_, err = p.known.Get(gone, fmt.Sprint(n))
		}
		_, err = p.find(t.Context(), Caller{token: "one more"})
		if refused := worded(err); refused.Data.Reason != refusal.SignInUnavailable || refused.Data.Hint == "" {
			t.Errorf("%v", err)
		}
		time.Sleep(nameTimeout) // all questions end
		if _, err = p.find(t.Context(), Caller{token: "one more"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("once the others are over: %v", err)
		}
	})
}
