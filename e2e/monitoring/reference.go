package monitoring

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// family is a metric as it was scraped.
type family struct {
	name, kind, help string
	labels           []string
}

// families are the metrics that begin so, by what the server has scraped.
func (p *prometheus) families(ctx context.Context, prefix string) (list []family, err error) {
	var known map[string][]struct{ Type, Help string }
	if err := p.get(ctx, "metadata", nil, &known); err != nil {
		return nil, err
	}
	var series []map[string]string
	match := url.Values{"match[]": {`{__name__=~"` + prefix + `.+"}`}}
	if err := p.get(ctx, "series", match, &series); err != nil {
		return nil, err
	}
	labels := map[string]map[string]bool{}
	for _, s := range series {
		name := suffix.ReplaceAllString(s["__name__"], "")
		if _, ok := known[name]; !ok {
			name = s["__name__"]
		}
		for label := range s {
			if labels[name] == nil {
				labels[name] = map[string]bool{}
			}
			labels[name][label] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		f := family{name: name}
		if len(known[name]) == 0 {
			return nil, fmt.Errorf("%s has neither type nor help", name)
		}
		f.kind, f.help = known[name][0].Type, known[name][0].Help
		for _, label := range slices.Sorted(maps.Keys(labels[name])) {
			if !slices.Contains([]string{"__name__", "instance", "job", "namespace", "le"}, label) {
				f.labels = append(f.labels, label)
			}
		}
		list = append(list, f)
	}
	return list, nil
}

// suffix is of a histogram's series.
var suffix = regexp.MustCompile(`_(bucket|count|sum)$`)

const (
	tableBegins = "<!-- The table is made from a scrape by `make monitoring UPDATE_DOCS=1`. -->\n"
	tableEnds   = "<!-- The end of what is made. -->\n"
)

// table is the reference in Markdown.
func table(list []family) string {
	var b strings.Builder
	b.WriteString("\n| metric | type | labels | |\n|---|---|---|---|\n")
	for _, f := range list {
		labels := "–"
		if len(f.labels) > 0 {
			labels = "`" + strings.Join(f.labels, "`, `") + "`"
		}
		_, _ = fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, f.kind, labels, strings.ReplaceAll(f.help, "|", `\|`))
	}
	b.WriteString("\n")
	return b.String()
}

// withTable puts the table in its place on the page.
func withTable(page, table string) (string, error) {
	before, rest, ok := strings.Cut(page, tableBegins)
	_, after, also := strings.Cut(rest, tableEnds)
	if !ok || !also {
		return "", fmt.Errorf("no place for the table in %s", referenceFile)
	}
	return before + tableBegins + table + tableEnds + after, nil
}
