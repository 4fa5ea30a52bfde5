package webui

import (
	"strconv"

	"ucbridge/bridge/gateway"
	m "ucbridge/bridge/webui/markup"
)

// usagePart is what the visitor has made of tools: a row each, with a plot of a day.
func usagePart(v view) m.Part {
	if len(v.Usage) == 0 {
		return m.Part{}
	}
	number := func(n int) m.Part { return m.E("td", m.Class("number"), m.T(strconv.Itoa(n))) }
	most := 1
	for _, u := range v.Usage {
		for _, n := range u.Hours {
			most = max(most, n)
		}
	}
	return m.E("section", m.E("h2", m.T("Your use of tools")),
		m.E("div", m.Class("wide"), m.E("table",
			m.E("thead", m.E("tr", m.E("th", m.T("Server")), m.E("th", m.T("Tool")), m.E("th", m.Class("number"), m.T("Calls")), m.E("th", m.Class("number"), m.T("Errors")),
				m.E("th", m.Class("number"), m.T("Denied")), m.E("th", m.Class("number"), m.T("p50")), m.E("th", m.T("Last 24 hours")))),
			m.E("tbody", m.Each(v.Usage, func(u gateway.Usage) m.Part {
				return m.E("tr", m.E("td", m.T(u.Path)), m.E("td", m.E("code", m.T(u.Tool))), number(u.Calls), number(u.Errors), number(u.Denied),
					m.E("td", m.Class("number"), m.T(short(u.P50))), m.E("td", plot(u, most)))
			})))),
		m.E("p", m.Class("note"), m.T("On this replica since it started; each bar is one hour.")))
}

// The size of a plot, in pixels.
const (
	plotHeight = 20
	barWidth   = 4
)

// plot draws the calls of each hour, the tallest bar being the most there is on the page.
func plot(u gateway.Usage, most int) m.Part {
	var bars []m.Part
	total := 0
	for i, n := range u.Hours {
		total += n
		if n == 0 {
			continue
		}
		height := max(2, n*plotHeight/most)
		bars = append(bars, m.E("rect", m.A("x", strconv.Itoa(i*barWidth)), m.A("y", strconv.Itoa(plotHeight-height)),
			m.A("width", strconv.Itoa(barWidth-1)), m.A("height", strconv.Itoa(height))))
	}
	width := strconv.Itoa(len(u.Hours) * barWidth)
	return m.E("svg", m.Class("plot"), m.A("role", "img"), m.A("aria-label", strconv.Itoa(total)+" calls in the last 24 hours"),
		m.A("viewBox", "0 0 "+width+" "+strconv.Itoa(plotHeight)), m.A("width", width), m.A("height", strconv.Itoa(plotHeight)), m.All(bars...))
}
