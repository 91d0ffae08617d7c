package scripted

import "strconv"

// Size says how a descriptor, or a HEAD, gets a length wrong: "+n" and "-n" by
// so many bytes, Zero or Negative. Empty is the right one.
type Size string

// Values of Size.
const (
	Zero     Size = "zero"
	Negative Size = "negative"
)

// of is what the Size makes of the right one.
func (s Size) of(right int) int64 {
	switch s {
	case Zero:
		return 0
	case Negative:
		return -1
	}
	by, err := strconv.Atoi(string(s))
	if err != nil {
		return int64(right)
	}
	return int64(right + by)
}
