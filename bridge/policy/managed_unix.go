//go:build !windows && !darwin

package policy

func managedFile() string { return "/etc/ucbridge/policy.yaml" }
