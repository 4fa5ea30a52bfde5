package refusal

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is more than anybody waits for.
const maxRetryAfter = 7 * 24 * time.Hour

// RetryAfter is the wait that the header of an answer asks for, in seconds or by a date
// (RFC 9110, section 10.2.3), 0 where it asks for none.
func RetryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxRetryAfter.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
