package main

import (
	"errors"
	"time"

	"ucbridge/config"
)

// timeFlag is a flag that takes a time above 0, as the flags of a target do.
type timeFlag time.Duration

var errTime = errors.New("want a time above 0 such as 90s or 5m")

// Set implements pflag.Value.
func (t *timeFlag) Set(text string) error {
	d, err := config.ParseTime(text)
	if err != nil || d <= 0 {
		return errTime
	}
	*t = timeFlag(d)
	return nil
}

// String implements pflag.Value.
func (t *timeFlag) String() string {
	if *t == 0 {
		return ""
	}
	return config.PrintTime(time.Duration(*t))
}

// Type implements pflag.Value.
func (*timeFlag) Type() string { return "time" }
