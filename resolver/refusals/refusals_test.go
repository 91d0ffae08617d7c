package refusals

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestRefusals: three tries in a row are free, and then each wait is twice the last.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		l := Login{Registry: "r.test", Repository: "app", ID: "a"}
		start := time.Now()
		for n := range free {
			if v := r.At(l); v.Wait || v.Refused != (n > 0) {
				t.Fatalf("after %d: %+v", n, v)
			}
			r.Refused(l)
		}
		for _, seconds := range []int{10, 20, 40, 80, 160, 300, 300} {
			v, want := r.At(l), time.Duration(seconds)*time.Second
			if got := time.Until(v.Until); !v.Wait || got != want || !v.Since.Equal(start) {
				t.Fatalf("%+v: a wait of %s, want %s", v, got, want)
			}
			if !r.At(Login{Registry: "r.test", Repository: "other", ID: "a"}).Wait {
				t.Error("another repository of the registry is asked with the same login")
			}
			time.Sleep(want)
			if r.At(l).Wait {
				t.Fatal("the wait is not over")
			}
			r.Refused(l)
		}
		for _, other := range []Login{{"r.test", "app", "b"}, {"other.test", "app", "a"}} {
			if v := r.At(other); v.Refused {
				t.Errorf("%+v: %+v", other, v)
			}
		}
		r.Accepted(l)
		if v := r.At(l); v.Refused || v.Wait {
			t.Errorf("once accepted: %+v", v)
		}
	})
}

// TestGoodElsewhere: a login that opens another repository is no bad login.
func TestGoodElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New()
		good, closed := Login{"r.test", "good", "a"}, Login{"r.test", "closed", "a"}
		r.Accepted(good)
		for range free {
			r.Refused(closed)
		}
		if !r.At(closed).Wait || r.At(good).Wait {
			t.Errorf("closed: %+v, good: %+v", r.At(closed), r.At(good))
		}
		time.Sleep(2 * forgetAfter)
		if r.At(closed).Refused {
			t.Error("it is remembered for ever")
		}
	})
}
