package doctor

import (
	"context"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/unity"
	"ucbridge/config"
)

// configuration tells what is set, and by what: the bridge's own settings, and
// what the Databricks SDK makes of flags, environment and ~/.databrickscfg.
func (e *Exam) configuration(context.Context) Finding {
	settings, err := e.Workspace.Settings()
	if err != nil {
		return fault(err)
	}
	e.settings = settings
	given := e.Config.Given()
	data := struct {
		Given      []config.Given  `json:"given,omitempty"`
		Databricks []unity.Setting `json:"databricks"`
	}{given, settings}
	var parts []string
	for _, s := range settings {
		switch {
		case s.Source == "default":
		case s.Value == "" || s.Name == s.Source:
			parts = append(parts, s.Name+" by "+s.Source)
		default:
			parts = append(parts, s.Name+" "+jsonrpc.Quote(s.Value)+" by "+s.Source)
		}
	}
	for _, g := range given {
		if g.Name != "--profile" && g.Name != "--host" { // the SDK's
			parts = append(parts, g.Name+" "+jsonrpc.Quote(g.Value))
		}
	}
	return ok("%s", strings.Join(parts, "; ")).withData(data)
}
