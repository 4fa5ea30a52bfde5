package refusal

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // its clock begins at a whole second
		for value, want := range map[string]time.Duration{
			"": 0, "soon": 0, "-5": 0, "0": 0,
			"30": 30 * time.Second, " 30 ": 30 * time.Second,
			"99999999999": maxRetryAfter,
			time.Now().UTC().Add(time.Minute).Format(http.TimeFormat):  time.Minute,
			time.Now().UTC().Add(-time.Minute).Format(http.TimeFormat): 0,
		} {
			if got := RetryAfter(http.Header{"Retry-After": {value}}); got != want {
				t.Errorf("%q: %s, want %s", value, got, want)
			}
		}
	})
}
