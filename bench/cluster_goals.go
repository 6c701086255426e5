package main

// fullForm is the -n that the goals of the cluster questions and heap-bytes are for.
const fullForm = 200_000

var clusterGoals = []goal{
	{question: askClusterIdle, subject: rollcallRedis, limit: 60},
	{question: askClusterIdle, subject: rollcallRedis, column: detailTenth, limit: 60},
	{question: askClusterAttach, subject: rollcallRedis, limit: 5},
	{question: askClusterDetach, subject: rollcallRedis, limit: 3},
	{question: askClusterMemory, subject: rollcallRedis, limit: 170},
	{question: askClusterStorm, subject: rollcallRedis, atLeast: true, limit: 8, times: []string{plainGocache}},
	{question: askClusterStorm, subject: rollcallRedis, atLeast: true, limit: 0.5, times: []string{redisBenchmark}},
	{question: askClusterStorm, subject: rollcallRedis, atLeast: true, limit: 0.5, times: []string{redisBenchmarkPages}},
	{question: askClusterKill, subject: rollcallRedis, column: detailMax, limit: 8},
	{question: askHeap, subject: "rollcall memory", limit: 250},
	{question: askHeap, subject: "rollcall memory", column: detailLess, limit: 250},
	{question: askHeap, subject: "rollcall redis", limit: 250},
	{question: askHeap, subject: "rollcall redis", column: detailLess, limit: 250},
}

// clusterCaveats are printed under the tables of the cluster questions.
var clusterCaveats = []string{
	"cluster: every subject has a redis-server of its own, without saving, on this machine; us are of redis' CPU, user and system, by INFO; writes and reads are commands by INFO commandstats, where a script counts as one. 1.5 clients per user, on different nodes, names of 12 bytes, two roles.",
	"cluster: the nodes of a cluster are storages with a connection pool each, in one process, but for " + askClusterKill + ", where each is a process that is killed. Who asks is another storage that attaches nothing.",
	askClusterIdle + ": 10 nodes. rollcall's writes are counted for 20 s after it has settled, with all clients and at the same time with a tenth of them on another redis: the leases, and the sweep, which writes each key once in ten minutes and spreads that evenly; sweep/s is what the number of keys lets expect of it. The peers' heartbeats are computed: one of every client is counted, and divided by 25 s.",
	askClusterKill + ": the default lease of 6 s. The peers' clients stay for their TTL of 60 s, which is their configuration and is not waited for; the plain store's as well.",
	askClusterRewrite + ": from FLUSHALL until another process counts everybody. writing is the part after the first key is back; before that the nodes wait for their heartbeat, at most 2 s. With many nodes, writing includes waiting for the heartbeat of the last. The peers write again with the next heartbeat of each client, within 25 s.",
	"SET+SADD by hand: SET c:<id> JSON EX 60, SADD u:<user> id, EXPIRE u:<user> 60 in one pipeline per attach; DEL, SREM in one per detach; two EXPIRE per client and 25 s, in pipelines of 512. Who asks: SMEMBERS and MGET; EXISTS u:<user> for 100 users in one pipeline. No count, no lists by role, no ids that are never used again; the ids of clients that crashed stay in u:<user> as long as the user has others.",
	"centrifuge presence: its Redis presence manager as by default (TTL 60 s, sorted sets for expiry, no user mapping), one personal channel per user; AddPresence per attach and again every 25 s, ConnInfo is the JSON of the roles; rueidis makes pipelines of what comes at the same time, as centrifuge sets it up. online asks the 100 channels at once. No lookup by client alone, no count over channels; presence is only a part of what centrifuge does.",
	"plain gocache store: one Set of the JSON per client, one Delete; nothing else: no user, no list, no count.",
	redisBenchmark + ": what redis-benchmark -t set -P 64 writes per second with its defaults: 100000 times 3 bytes into one key from 50 connections; " + redisBenchmarkPages + ": with -r 100000 -d <bytes of a full page>, so each SET has the size of what rollcall writes for 16 clients. No Go, no encoding, no index, nothing is remembered. Its latencies are those of a pipeline of 64.",
}
