package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
)

// cliStatus is the HTTP status in the words of the Databricks CLI about the
// sign-in service.
var cliStatus = lazyregexp.New(`(?i)\b(?:http|status(?: code)?:?) (429|5\d\d)\b`)

// cliPage is what the CLI says where a web page came in place of an answer.
var cliPage = lazyregexp.New(`(?i)invalid character '<'|text/html|<html`)

// signInService reports whether it is the sign-in service that did not do its
// part, whatever the credentials are worth, with its HTTP status or 0.
func (l *login) signInService(authType string, err error) (status int, down bool) {
	if authType == cliAuth {
		if m := cliStatus().FindStringSubmatch(err.Error()); m != nil {
			status, _ = strconv.Atoi(m[1]) // three digits
			return status, true
		}
		return 0, cliPage.MatchString(err.Error())
	}
	last := l.chain.answer(authType)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, true
	case last == nil || last.works() || last.refusesCredentials():
		return 0, false
	}
	return last.status, last.status == 0 || last.status/100 == 5 || last.status/100 == 3 || last.status == http.StatusTooManyRequests || !last.json && last.status/100 == 2
}

// signInDown words a sign-in service that gives no usable answer.
func signInDown(status int) *refusal.Error {
	what := "does not answer"
	switch {
	case status/100 == 2:
		what = "does not answer: a web page came instead"
	case status == http.StatusTooManyRequests:
		what = "has too many requests (HTTP 429)"
	case status != 0:
		what = fmt.Sprintf("does not answer (HTTP %d)", status)
	}
	e := refusal.New(refusal.SignInUnavailable, "Databricks' sign-in service %s. Your credentials may be fine.", what).
		WithHint("try again in a minute; in a network with a sign-in page of its own, sign in there first")
	e.Data.HTTPStatus, e.Data.Retryable = status, true
	return e
}
