package network

import (
	"errors"

	"ucbridge/bridge/refusal"
)

func refusalIn(err error) (*refusal.Error, bool) { return errors.AsType[*refusal.Error](err) }
