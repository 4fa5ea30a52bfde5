package doctor

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
)

// workspace is what stands between this machine and the workspace, and the user's
// place there.
type workspace struct {
	client  *databricks.Workspace
	catalog *unitycatalog.Catalog
	config  *config.Config

	mistyped func(environ []string) []string

	settings []auth.Setting   // configuration
	reached  error            // connect: why there was no connection
	probe    databricks.Probe // connect
	me       string           // credentials

	connecting sync.Once
}

// host is the workspace that the configuration names, and where; empty where it is known
// only after signing in.
func (w *workspace) host() auth.Setting {
	i := slices.IndexFunc(w.settings, func(s auth.Setting) bool { return s.Name == "host" })
	if i < 0 {
		return auth.Setting{}
	}
	return w.settings[i]
}

// configuration tells what is set, and by what: the bridge's own settings, and
// what the Databricks SDK makes of flags, environment and ~/.databrickscfg.
func (w *workspace) configuration(context.Context) Finding {
	settings, err := w.client.Settings()
	if err != nil {
		return fault(err)
	}
	w.settings = settings
	given := w.config.Shown()
	data := struct {
		Given      []config.Given `json:"given,omitempty"`
		Databricks []auth.Setting `json:"databricks"`
	}{given, settings}
	parts := bySource(settings)
	for _, g := range given {
		if g.Name != "--profile" && g.Name != "--host" { // the SDK's
			parts = append(parts, g.Name+" "+refusal.Quote(g.Value))
		}
	}
	return ok("%s", strings.Join(parts, "; ")).withData(data).withHint("%s", strings.Join(w.mistyped(os.Environ()), "\n"))
}

// bySource says which settings each source made. The file of profiles is named once, as
// the source of what is taken from it, with what named the file.
func bySource(settings []auth.Setting) []string {
	var sources, parts []string
	names := make(map[string][]string)
	if i := slices.IndexFunc(settings, func(s auth.Setting) bool { return s.Name == "config_file" && s.Value != "" }); i >= 0 {
		file := settings[i]
		read := false
		settings = slices.Clone(settings)
		for j, s := range settings {
			if strings.HasSuffix(s.Source, " in "+file.Value) {
				settings[j].Source, read = s.Source+" ("+file.Source+")", true
			}
		}
		if read {
			settings = slices.Delete(settings, i, i+1)
		}
	}
	for _, s := range settings {
		name := s.Name
		if s.Value != "" {
			name += " " + refusal.Quote(s.Value)
		}
		if names[s.Source] == nil {
			sources = append(sources, s.Source)
		}
		names[s.Source] = append(names[s.Source], name)
	}
	for _, source := range sources {
		if source != "default" { // the profile is named as a source, and a CLI that was found is no setting
			parts = append(parts, strings.Join(names[source], ", ")+" from "+source)
		}
	}
	return parts
}
