//go:build !windows && !darwin

package govern

func managedFile() string { return "/etc/ucbridge/policy.yaml" }
