package webui

import (
	"encoding/json"
	"net/url"
	"strconv"

	"ucbridge/bridge/gateway"
	m "ucbridge/bridge/webui/markup"
)

// view is what pages show. Each uses what it needs.
type view struct {
	// Root leads to the first page from this one: links are relative, since a proxy may
	// serve the pages under a path of its own.
	Root      string
	Title     string
	User      string
	Workspace string
	Problem   *Problem
	Why       string // the last attempt to get in failed
	To        string // where somebody goes once they are in
	// SignsIn says that browsers sign in to the workspace, SignOut that this one has.
	SignsIn, SignOut bool

	// home
	Waiting []gateway.WaitingCall
	Servers []Entry
	Setups  []Setup
	Recent  []Recent
	Usage   []gateway.Usage
	Shared  bool // nobody's calls are told apart

	// a server, and one of its tools
	Server Entry
	// LoggedIn says that the visitor has a sign-in to it that can be ended.
	LoggedIn bool
	Tools    []tool
	Tool     *tool
	Form     *Form
	Answer   *Answer
}

// framed is a page with what stands around every one.
func (v view) framed(content ...m.Part) []byte {
	at := m.With(v.Workspace, func(w m.Part) m.Part { return m.All(m.T(" "), m.E("span", m.Class("at"), m.T("at "), w)) })
	return m.Page(m.E("html", m.A("lang", "en"),
		m.E("head",
			m.E("meta", m.A("charset", "utf-8")),
			m.E("meta", m.A("name", "viewport"), m.A("content", "width=device-width, initial-scale=1")),
			m.E("meta", m.A("name", "color-scheme"), m.A("content", "light dark")),
			m.E("title", m.T(v.Title+" · ucbridge")),
			m.E("link", m.A("rel", "stylesheet"), m.A("href", v.Root+stylePath[1:])),
			m.E("link", m.A("rel", "icon"), m.A("href", v.Root+iconPath[1:]))),
		m.E("body",
			m.E("header",
				m.E("a", m.Class("brand"), m.A("href", v.Root), m.T("ucbridge")),
				m.If(v.User != "", m.E("div", m.Class("who"), m.E("span", m.Class("user"), m.T(v.User)), at, v.signOut()))),
			m.E("main", content...))))
}

// classed makes an element of a class with a text inside.
func classed(element, class string) func(m.Part) m.Part {
	return func(text m.Part) m.Part { return m.E(element, m.Class(class), text) }
}

func (v view) signOut() m.Part {
	return m.If(v.SignOut, m.E("form", m.Class("inline"), m.A("method", "post"), m.A("action", v.Root+signOutPath[1:]),
		m.E("button", m.Class("quiet"), m.T("Sign out"))))
}

// signInPage sends people to the workspace's sign-in.
func signInPage(v view) []byte {
	how := m.E("p", m.T("This gateway has no client id for browsers: whoever runs it can set one with "), m.E("code", m.T("--client-id")), m.T(". AI clients sign in by themselves."))
	if v.SignsIn {
		how = m.E("p", m.E("a", m.Class("button"), m.A("href", v.Root+startPath[1:]+v.To), m.T("Sign in to "+v.Workspace)))
	}
	return v.framed(
		m.E("h1", m.T(v.Title)),
		m.With(v.Why, func(why m.Part) m.Part {
			return m.E("div", m.Class("trouble"), m.A("role", "alert"), m.E("p", why))
		}), how)
}

// enterPage asks for the gateway's token.
func enterPage(v view) []byte {
	return v.framed(
		m.E("h1", m.T(v.Title)),
		m.With(v.Why, func(why m.Part) m.Part {
			return m.E("div", m.Class("trouble"), m.A("role", "alert"), m.E("p", why))
		}),
		m.E("p", m.T("This gateway serves the person who started it. Open the link that "), m.E("code", m.T("ucbridge serve")),
			m.T(" printed, or enter the token it printed, the part after "), m.E("code", m.T("Bearer")), m.T(".")),
		m.E("form", m.A("method", "post"), m.A("action", v.Root+loginPath[1:]),
			m.E("label", m.Class("field"), m.E("span", m.Class("name"), m.T("token")),
				m.E("input", m.A("type", "password"), m.A("name", "token"), m.A("autocomplete", "off"), m.A("required", ""))),
			m.E("button", m.T("Continue"))))
}

// refusedPage says why there is nothing to see.
func refusedPage(v view) []byte {
	return v.framed(m.E("h1", m.T(v.Title)), problemPart(v.Problem))
}

// homePage lists the servers, how clients reach them, and the latest calls.
func homePage(v view) []byte {
	return v.framed(
		m.With(waitingCount(len(v.Waiting)), func(text m.Part) m.Part {
			return m.E("div", m.Class("trouble"), m.E("p", m.E("a", m.A("href", v.Root+"approve"), text)))
		}),
		m.E("h1", m.T("MCP servers")),
		m.E("ul", m.Class("servers"), m.Each(v.Servers, func(e Entry) m.Part {
			return m.E("li", m.Class("server "+e.State),
				m.E("div", m.Class("row"), m.E("h2", m.E("a", m.A("href", e.Page), m.T(e.Name))), classed("span", "state")(m.T(e.Stated()))),
				aboutPart(e), problemPart(e.Problem))
		})),
		setupsPart(v.Setups), usagePart(v),
		m.E("section", m.E("h2", m.T("Your latest calls")), recentPart(v)))
}

func waitingCount(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "A call waits for your approval."
	}
	return strconv.Itoa(n) + " calls wait for your approval."
}

func aboutPart(e Entry) m.Part {
	return m.E("p", m.Class("about"), m.T(e.Kind), m.With(e.Software, func(s m.Part) m.Part { return m.All(m.T(" · "), s) }))
}

func recentPart(v view) m.Part {
	note := classed("p", "note")
	switch {
	case len(v.Recent) == 0 && v.Shared:
		return note(m.T("Everyone here calls as " + v.User + ", so that nobody’s calls are told apart."))
	case len(v.Recent) == 0:
		return note(m.T("None on this replica since it started."))
	}
	return m.All(
		m.E("div", m.Class("wide"), m.E("table",
			m.E("thead", m.E("tr", m.E("th", m.T("UTC")), m.E("th", m.T("Server")), m.E("th", m.T("Call")),
				m.E("th", m.T("Outcome")), m.E("th", m.Class("number"), m.T("Took")))),
			m.E("tbody", m.Each(v.Recent, func(r Recent) m.Part {
				return m.E("tr", m.E("td", m.E("time", m.A("datetime", r.At), m.T(r.When))), m.E("td", m.T(r.Server)),
					m.E("td", m.E("code", m.T(r.What))), m.E("td", m.If(!r.Succeeded, m.Class("bad")), m.T(r.Outcome)),
					m.E("td", m.Class("number"), m.T(r.Took)))
			})))),
		note(m.T("From this page and your AI clients, on this replica since it started. Only you see them.")))
}

// serverPage lists a server's tools.
func serverPage(v view) []byte {
	tools := m.If(v.Problem == nil, m.E("p", m.T("The server has no tools for you.")))
	if len(v.Tools) > 0 {
		tools = m.E("section",
			m.E("h2", m.T("Tools "), m.E("span", m.Class("count"), m.T(strconv.Itoa(len(v.Tools))))),
			m.E("ul", m.Class("tools"), m.Each(v.Tools, func(t tool) m.Part {
				return m.E("li",
					m.E("div", m.Class("row"), m.E("h3", m.E("a", m.A("href", v.toolPath(t.Name)), m.T(t.Name))), m.With(t.Effect(), classed("span", "effect"))),
					m.With(t.Label(), classed("p", "label")), m.With(t.Description, classed("p", "description")))
			})))
	}
	return v.framed(m.E("h1", m.T(v.Server.Name)), aboutPart(v.Server), v.logoutPart(), problemPart(v.Problem), tools,
		m.If(len(v.Setups) > 0, setupsPart(v.Setups)))
}

// toolPath is the address of the page of one of the server's tools.
func (v view) toolPath(name string) string { return v.Server.Page + "?tool=" + url.QueryEscape(name) }

// toolPage has the form of a tool, and the answer to the call that was made by it.
func toolPage(v view) []byte {
	var answer m.Part
	if v.Answer != nil || v.Problem != nil {
		answer = answerPart(v.Answer, v.Problem)
	}
	return v.framed(
		m.E("p", m.Class("crumb"), m.E("a", m.A("href", v.Server.Page), m.T(v.Server.Name))),
		m.E("div", m.Class("row"), m.E("h1", m.T(v.Tool.Name)), m.With(v.Tool.Effect(), classed("span", "effect"))),
		m.With(v.Tool.Label(), classed("p", "label")), m.With(v.Tool.Description, classed("p", "description")),
		answer, formPart(v))
}

func answerPart(a *Answer, problem *Problem) m.Part {
	if a == nil {
		return m.E("section", m.Class("answer"), m.A("id", "answer"), m.E("h2", m.T("Answer")), problemPart(problem))
	}
	blocks := m.Each(a.Blocks, func(b Block) m.Part {
		content := m.E("pre", m.T(b.Text))
		if b.Image != "" {
			content = m.E("img", m.A("src", b.Image), m.A("alt", "Picture in the answer"))
		}
		return m.E("figure", m.With(b.Label, func(l m.Part) m.Part { return m.E("figcaption", l) }), content,
			m.If(b.Cut, m.E("p", m.Class("note"), m.T("There is more, not shown here."))))
	})
	none := len(a.Blocks) == 0
	return m.E("section", m.Class("answer"), m.A("id", "answer"),
		m.E("h2", m.T("Answer "), m.E("span", m.Class("count"), m.T(a.Took))),
		problemPart(problem),
		m.If(a.Failed, m.E("p", m.Class("failed"), m.T("The tool reports an error."))),
		blocks,
		m.If(none && problem == nil, m.E("p", m.Class("note"), m.T("It has no content to show. This is the whole answer:"))),
		m.E("details", m.If(none, m.A("open", "")), m.E("summary", m.T("JSON")), m.E("pre", m.Class("raw"), m.T(a.Raw))))
}

func problemPart(p *Problem) m.Part {
	if p == nil {
		return m.Part{}
	}
	code := func(text m.Part) m.Part { return m.E("code", text) }
	return m.E("div", m.Class("trouble"), m.A("role", "alert"),
		m.E("p", m.T(p.Message)),
		m.With(p.Hint, classed("p", "hint")), m.With(p.Command, classed("pre", "paste")),
		m.If(p.Link != "", m.E("p", m.E("a", m.Class("button"), m.A("href", p.Link), m.A("rel", "noopener noreferrer"), m.T("Sign in")))),
		m.If(p.Reason != "" || p.RequestID != "" || p.Detail != "", m.E("details", m.Class("fine"),
			m.E("summary", m.T("Details")),
			m.E("p", m.With(p.Reason, code), m.With(p.RequestID, func(id m.Part) m.Part { return m.All(m.T(" · request "), code(id)) })),
			m.With(p.Detail, func(d m.Part) m.Part { return m.E("p", d) }))))
}

func setupsPart(all []Setup) m.Part {
	way := func(w Way) m.Part {
		return m.All(m.E("h3", m.T(w.Title+" "), m.E("span", m.Class("file"), m.T(w.File))),
			m.E("pre", m.Class("paste"), m.T(w.Text)), m.With(w.Note, classed("p", "note")))
	}
	return m.E("section",
		m.E("h2", m.T("Connect an AI client")),
		m.Each(all, func(s Setup) m.Part {
			links := m.If(len(s.Links) > 0, m.E("p", m.Each(s.Links, func(l Link) m.Part {
				return m.All(m.E("a", m.Class("button"), m.A("href", l.Address), m.T(l.Title)), m.T(" "))
			})))
			return m.E("details", m.Class("setup"), m.E("summary", m.T(s.Client)), links, m.Each(s.Ways, way))
		}),
		m.E("p", m.Class("note"), m.T("By command, the client starts "), m.E("code", m.T("ucbridge stdio")),
			m.T(" on your own machine, with your own Databricks login. First run "), m.E("code", m.T("ucbridge login")),
			m.T(" to make the profile. Use the full path of the program, because desktop clients do not search your PATH.")))
}

// unquoted is a JSON value as people read it: a string without its quotes.
func unquoted(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}
