package webui

import (
	"net/http"
	"strings"
	"time"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/mcp"
	m "ucbridge/bridge/webui/markup"
)

// maxApproval is how long the form of an approval may be, in bytes.
const maxApproval = 64 << 10

// approvals shows the visitor's calls that wait, or the one that an address holds.
func (q *request) approvals() {
	if !q.r.URL.Query().Has("call") {
		q.render(http.StatusOK, approvalsPage, view{Title: "Waiting for your approval", Waiting: q.waiting()})
		return
	}
	c, problem := q.waitingCall(q.r.URL.Query().Get("call"))
	if problem != nil {
		q.render(http.StatusForbidden, refusedPage, view{Title: "Nothing to approve", Problem: problem})
		return
	}
	q.render(http.StatusOK, approvalsPage, view{Title: "Waiting for your approval", Waiting: []gateway.WaitingCall{c}})
}

// waiting are the visitor's calls that wait, as far as this replica knows.
func (q *request) waiting() []gateway.WaitingCall {
	if q.page.opts.Approvals == nil {
		return nil
	}
	return q.page.opts.Approvals.Waiting(q.caller.Name)
}

// waitingCall returns the call that is sealed, if it is the visitor's own.
func (q *request) waitingCall(sealed string) (gateway.WaitingCall, *Problem) {
	c, err := q.page.opts.Approvals.Open(sealed)
	if err != nil {
		return c, &Problem{Message: "This call is no longer waiting: it had to be approved within ten minutes."}
	}
	if c.User != q.caller.Name {
		return c, &Problem{Message: "This call belongs to another user, and only they may approve it."}
	}
	return c, nil
}

// settle approves a call, or declines it. What an AI client has is not enough: whoever
// made the call would approve it.
func (q *request) settle() {
	if q.byClient {
		q.render(http.StatusForbidden, refusedPage, view{Title: "Nothing to approve", Problem: &Problem{Message: "Approve calls in a browser that is signed in here, not with an AI client's token."}})
		return
	}
	if form(q.w, q.r, maxApproval) != nil {
		q.render(http.StatusBadRequest, refusedPage, view{Title: "Nothing to approve", Problem: &Problem{Message: "The form did not arrive completely."}})
		return
	}
	c, problem := q.waitingCall(q.r.PostForm.Get("call"))
	if problem != nil {
		q.render(http.StatusForbidden, refusedPage, view{Title: "Nothing to approve", Problem: problem})
		return
	}
	approved := q.r.PostForm.Get("decision") == "approve"
	q.page.opts.Approvals.Settle(q.r.Context(), c, approved)
	q.render(http.StatusOK, settledPage, view{Title: map[bool]string{true: "Approved", false: "Declined"}[approved], Waiting: q.waiting()})
}

func approvalsPage(v view) []byte {
	none := m.If(len(v.Waiting) == 0, m.E("p", m.Class("note"), m.T("None of your calls is waiting. Open the address that your AI client shows.")))
	return v.framed(m.E("h1", m.T(v.Title)), none, m.Each(v.Waiting, func(c gateway.WaitingCall) m.Part { return waitingPart(v, c) }))
}

func settledPage(v view) []byte {
	what := "The call was not made, and will not be."
	if v.Title == "Approved" {
		what = "Let your AI client make the same call again, unchanged. It passes once, within ten minutes."
	}
	return v.framed(m.E("h1", m.Class("settled"), m.T(v.Title)), m.E("p", m.T(what)),
		m.Each(v.Waiting, func(c gateway.WaitingCall) m.Part { return waitingPart(v, c) }))
}

// waitingPart shows all that the server would be sent.
func waitingPart(v view, c gateway.WaitingCall) m.Part {
	row := func(name, value string) m.Part {
		lines := strings.Split(value, "\n")
		for i, line := range lines {
			lines[i] = confusable.RevealName(line)
		}
		return m.E("tr", m.E("th", m.E("code", m.T(confusable.RevealName(name)))), m.E("td", m.E("pre", m.T(strings.Join(lines, "\n")))))
	}
	var rows []m.Part
	for _, member := range mcp.CallMembers(c.Params) {
		name := member.Name
		if member.Beside != "" {
			name = "(" + member.Beside + ") " + name
		}
		rows = append(rows, row(name, indented(member.Value)))
	}
	return m.E("section", m.Class("waiting"),
		m.E("h2", m.E("code", m.T(c.Tool)), m.T(" on "+c.Server)),
		m.E("p", m.Class("note"), m.T("until "+c.Until.UTC().Format(time.TimeOnly)+" UTC")),
		m.If(len(rows) == 0, m.E("p", m.T("It has no arguments."))),
		m.If(len(rows) > 0, m.E("div", m.Class("wide"), m.E("table", m.E("tbody", rows...)))),
		m.E("form", m.A("method", "post"), m.A("action", v.Root+"approve"),
			m.E("input", m.A("type", "hidden"), m.A("name", "call"), m.A("value", c.Sealed)),
			m.E("button", m.A("name", "decision"), m.A("value", "approve"), m.T("Approve once")), m.T(" "),
			m.E("button", m.Class("quiet"), m.A("name", "decision"), m.A("value", "decline"), m.T("Decline"))))
}
