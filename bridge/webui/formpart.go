package webui

import (
	"cmp"
	"strconv"

	m "ucbridge/bridge/webui/markup"
)

// formPart asks for a tool's arguments in two ways: one by one, and as JSON.
func formPart(v view) m.Part {
	f := v.Form
	if f == nil {
		return m.Part{}
	}
	form := func(parts ...m.Part) m.Part {
		return m.E("form", m.A("method", "post"), m.A("action", v.toolPath(v.Tool.Name)+"#answer"),
			m.All(parts...), m.E("button", m.T("Call "+v.Tool.Name)))
	}
	why := classed("span", "why")
	return m.E("section",
		m.E("h2", m.T("Call")),
		form(m.Each(f.Fields, fieldPart),
			m.If(len(f.Fields) == 0, m.E("p", m.Class("note"), m.T("Its schema names no arguments.")))),
		m.E("details", m.If(f.AsWhole, m.A("open", "")),
			m.E("summary", m.T("Arguments as JSON")),
			form(m.E("label", fieldClass(f.WholeFault), m.E("span", m.Class("name"), m.T("arguments")),
				m.E("textarea", m.A("name", wholeName), m.A("rows", "6"), m.A("spellcheck", "false"), m.A("placeholder", "{ }"), m.T(f.Whole)),
				m.With(f.WholeFault, why)))),
		m.E("details", m.E("summary", m.T("Schema")), m.E("pre", m.Class("raw"), m.T(f.Input)),
			m.With(f.Output, func(schema m.Part) m.Part {
				return m.All(m.E("h3", m.T("Output")), m.E("pre", m.Class("raw"), schema))
			})))
}

// fieldPart asks for one argument.
func fieldPart(f Field) m.Part {
	return m.E("label", fieldClass(f.Fault),
		m.E("span", m.Class("name"), m.T(f.Name),
			m.If(f.Required, m.T(" "), m.E("span", m.Class("needed"), m.T("required"))),
			m.With(f.Title, func(title m.Part) m.Part { return m.All(m.T(" "), m.E("span", m.Class("title"), title)) })),
		m.With(f.Description, classed("span", "description")),
		inputPart(f),
		m.With(f.Fault, classed("span", "why")))
}

func fieldClass(fault string) m.Part {
	if fault != "" {
		return m.Class("field fault")
	}
	return m.Class("field")
}

func inputPart(f Field) m.Part {
	name, value := m.A("name", argumentPrefix+f.Name), m.A("value", f.Value)
	required := m.If(f.Required, m.A("required", ""))
	number := func(step string) m.Part {
		return m.E("input", m.A("type", "number"), m.A("step", step), name, value,
			m.If(f.Minimum != "", m.A("min", f.Minimum.String())), m.If(f.Maximum != "", m.A("max", f.Maximum.String())), required)
	}
	switch f.Kind {
	case "choice":
		none := "(none)"
		if f.Required {
			none = "choose"
		}
		return m.E("select", name, required, m.E("option", m.A("value", ""), m.T(none)),
			m.Each(f.Choices, func(choice string) m.Part {
				return m.E("option", m.A("value", choice), m.If(choice == f.Value, m.A("selected", "")), m.T(unquoted(choice)))
			}))
	case "number":
		return number("any")
	case "integer":
		return number("1")
	case "line":
		return m.E("input", m.A("type", "text"), name, value, m.A("autocomplete", "off"), required)
	}
	return m.E("textarea", name, m.A("rows", strconv.Itoa(f.Rows())),
		m.If(f.Kind == "json", m.Class("json"), m.A("spellcheck", "false"), m.A("placeholder", cmp.Or(f.Hint, "JSON"))),
		required, m.T(f.Value))
}
