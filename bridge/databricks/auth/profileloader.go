package auth

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// steering are the variables of the environment that say which workspace is meant,
// or which kind of credentials: where --profile is given they are not read. It is
// the list of the Databricks CLI (libs/databrickscfg/loader.go), and the host.
var steering = []string{"host", "workspace_id", "account_id", "auth_type", "discovery_url", "audience", "cloud"}

// loaders read a configuration: flags have set what they set, then comes the
// environment, then the profile. A profile that was chosen by --profile wins whole
// over the environment's credentials, host, kind of credentials and workspace id,
// as it does in the Databricks CLI since v1.7.0; the shell that started an AI
// client may have exported anything. One that DATABRICKS_CONFIG_PROFILE names does
// not, there as here.
func loaders(byFlag bool) []config.Loader {
	if !byFlag {
		return []config.Loader{config.ConfigAttributes, profilesLoader{}}
	}
	return []config.Loader{environment{}, profilesLoader{}, environmentGap{}}
}

// profilesLoader is [config.ConfigFile], which reads what has no end until there is no
// memory: DATABRICKS_CONFIG_FILE may be anybody's word.
type profilesLoader struct{}

func (profilesLoader) Name() string { return config.ConfigFile.Name() }

// maxProfiles bounds the file of profiles, in bytes.
const maxProfiles = 16 << 20

// Configure implements [config.Loader].
func (profilesLoader) Configure(cfg *config.Config) error {
	if err := cmp.Or(checkFilled(cfg), checkProfiles(cfg)); err != nil {
		return err
	}
	return config.ConfigFile.Configure(cfg)
}

// checkFilled refuses a variable of the environment that holds the name of another, as
// ${NAME}: AI clients whose settings say so leave it there where NAME is not set.
func checkFilled(cfg *config.Config) error {
	for _, attr := range config.ConfigAttributes {
		value, variable := attr.ReadEnv()
		if !strings.HasPrefix(value, "${") || !strings.HasSuffix(value, "}") || attr.GetString(cfg) != value {
			continue
		}
		return refusal.New(refusal.ConfigInvalid, "%s is %s, a variable that was not filled in.", variable, refusal.Quote(value)).
			WithHint("set that variable where the AI client is started, or write its value into %s", variable)
	}
	return nil
}

// noProfiles are names for a file without profiles. The shells of Windows that come from
// Unix know the second one, too.
var noProfiles = []string{os.DevNull, "/dev/null"}

// checkProfiles refuses a file of profiles that is not to be read. Of one that is not
// there it says nothing.
func checkProfiles(cfg *config.Config) error {
	info, err := os.Stat(cfg.ConfigFile)
	if err != nil || slices.Contains(noProfiles, cfg.ConfigFile) {
		return nil
	}
	if info.IsDir() || info.Mode()&os.ModeDevice != 0 || info.Size() > maxProfiles {
		return refusal.New(refusal.ConfigInvalid, "%s is not a file of profiles of at most %d MiB.", profilesFile(cfg), maxProfiles>>20).
			WithHint("correct DATABRICKS_CONFIG_FILE, or unset it to use ~/.databrickscfg")
	}
	return nil
}

// environment reads the variables that say nothing of credentials.
type environment struct{}

func (environment) Name() string { return config.ConfigAttributes.Name() }

// Configure implements [config.Loader].
func (environment) Configure(cfg *config.Config) error {
	return readEnvironment(cfg, func(attr *config.ConfigAttribute) bool {
		return !attr.HasAuthAttribute() && !slices.Contains(steering, attr.Name)
	})
}

// environmentGap reads credentials from the environment for a profile that has none:
// a profile can name a host alone.
type environmentGap struct{}

func (environmentGap) Name() string { return "environment, for a profile without credentials" }

// Configure implements [config.Loader].
func (environmentGap) Configure(cfg *config.Config) error {
	if cfg.Profile == "" { // it is yet to be written
		return config.ConfigAttributes.Configure(cfg)
	}
	if cfg.AuthType != "" || slices.ContainsFunc(config.ConfigAttributes, func(attr config.ConfigAttribute) bool {
		return attr.HasAuthAttribute() && !attr.IsZero(cfg)
	}) {
		return nil
	}
	if err := readEnvironment(cfg, func(attr *config.ConfigAttribute) bool { return attr.HasAuthAttribute() }); err != nil {
		return err
	}
	return checkFilled(cfg)
}

// readEnvironment sets what is not set yet, of the attributes that are taken.
func readEnvironment(cfg *config.Config, takes func(*config.ConfigAttribute) bool) error {
	for _, attr := range config.ConfigAttributes {
		value, variable := attr.ReadEnv()
		if value == "" || !attr.IsZero(cfg) || !takes(&attr) {
			continue
		}
		if err := attr.SetS(cfg, value); err != nil {
			return err
		}
		cfg.SetAttrSource(&attr, config.Source{Type: config.SourceEnv, Name: variable})
	}
	return nil
}
