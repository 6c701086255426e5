package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// describeMachine prints where and of what the numbers are.
func describeMachine(ctx context.Context, w io.Writer) {
	fmt.Fprintf(w, "%s, %s %s/%s, %d CPUs", time.Now().UTC().Format(time.DateOnly),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if commit, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		fmt.Fprintf(w, ", commit %s", strings.TrimSpace(string(commit)))
	}
	fmt.Fprintln(w)
	if versions := moduleVersions(); len(versions) > 0 {
		fmt.Fprintln(w, strings.Join(versions, ", "))
	}
}

// moduleVersions returns the versions of what the subjects are made of.
func moduleVersions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var versions []string
	for _, dep := range info.Deps {
		ours := slices.ContainsFunc(subjects, func(s subject) bool { return slices.Contains(s.modules, dep.Path) })
		if ours {
			versions = append(versions, strings.TrimPrefix(dep.Path, "github.com/")+" "+dep.Version)
		}
	}
	return versions
}
