package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

const (
	redisBenchmark      = "redis-benchmark"
	redisBenchmarkPages = "redis-benchmark page"
)

func init() {
	addRedisBenchmark(redisBenchmark, false)
	addRedisBenchmark(redisBenchmarkPages, true)
}

func addRedisBenchmark(name string, pages bool) {
	subjects = append(subjects, subject{
		name: name, answers: []string{askClusterStorm},
		measure: func(ctx context.Context, r *run, s subject) error { return r.runRedisBenchmark(ctx, s, pages) },
	})
}

// benchmarkSets is how many SET redis-benchmark sends by default.
const benchmarkSets = 100_000

// runRedisBenchmark has redis' own program write as fast as it can: one short
// value into one key again and again, or pages into many keys.
func (r *run) runRedisBenchmark(ctx context.Context, s subject, pages bool) error {
	program, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return fmt.Errorf("%w: redis-benchmark; on Debian: apt-get install redis-tools", testserver.ErrMissing)
	}
	red, err := startRedis(ctx)
	if err != nil {
		return err
	}
	defer red.stop()
	args, err := benchmarkArgs(ctx, red, pages)
	if err != nil {
		return err
	}
	before, err := red.usage(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, args...)
	dieWithParent(cmd)
	text, err := cmd.Output()
	if err != nil {
		return err
	}
	after, err := red.usage(ctx)
	if err != nil {
		return err
	}
	found, err := readBenchmark(text)
	if err != nil {
		return err
	}
	found.details = append(found.details, after.since(before).microsPer(benchmarkSets))
	r.record(askClusterStorm, s, found)
	return nil
}

func benchmarkArgs(ctx context.Context, red *redisServer, pages bool) ([]string, error) {
	host, port, err := net.SplitHostPort(red.addr)
	args := []string{"-h", host, "-p", port, "-t", "set", "-P", "64", "--csv", "--precision", "3"}
	if err != nil || !pages {
		return args, err
	}
	size, err := pageSize(ctx, red.client)
	return append(args, "-r", "100000", "-d", strconv.Itoa(size)), err
}

// readBenchmark reads the rate and the latencies from redis-benchmark's CSV.
func readBenchmark(text []byte) (sample, error) {
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) < 2 {
		return sample{}, errors.Join(err, fmt.Errorf("redis-benchmark says %q", text))
	}
	numbers := make(map[string]float64)
	for i, name := range lines[0] {
		if v, err := strconv.ParseFloat(lines[1][i], 64); err == nil {
			numbers[name] = v
		}
	}
	if numbers["rps"] == 0 {
		return sample{}, fmt.Errorf("redis-benchmark says %q", text)
	}
	return sample{clients: benchmarkSets, value: numbers["rps"],
		details: []float64{numbers["p50_latency_ms"], numbers["p99_latency_ms"], numbers["max_latency_ms"]}}, nil
}

// pageSize returns how long a page of rollcall's is whose clients are like those
// of the storm.
func pageSize(ctx context.Context, client *redis.Client) (size int, err error) {
	storage, err := clientstorage.New(redisdriver.New(client), nil)
	if err != nil {
		return 0, err
	}
	const clientsOnPage = 16
	for i := range clientsOnPage {
		c := clientstorage.Client{User: crowd(clientsOnPage).user(i), Roles: clusterRoles}
		if _, err := storage.Attach(ctx, c); err != nil {
			return 0, errors.Join(err, storage.Close(ctx))
		}
	}
	for keys := client.Scan(ctx, 0, "rollcall:p:*", 1000).Iterator(); keys.Next(ctx); {
		n, err := client.StrLen(ctx, keys.Val()).Result()
		if err != nil {
			return 0, errors.Join(err, storage.Close(ctx))
		}
		size = max(size, int(n))
	}
	if size == 0 {
		err = errors.New("there is no page in redis")
	}
	return size, errors.Join(err, storage.Close(ctx))
}
