<?php

/*
 * Prints who is connected, or which of some users are:
 *
 *     php who.php 127.0.0.1:6379 [user...]
 */

declare(strict_types=1);

require __DIR__.'/rollcall.php';

[$host, $port] = explode(':', $argv[1] ?? '') + ['', '6379'];
if ('' === $host) {
    exit("usage: php who.php host[:port] [user...]\n");
}
$redis = new Redis();
$redis->connect($host, (int) $port, 1.0);
$rollcall = new Rollcall\Reader($redis->mget(...));

// Whoever chose a name might have put control characters into it.
$quote = fn (mixed $v): string => json_encode($v, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);

$users = array_slice($argv, 2);
if ($users) {
    $online = $rollcall->online($users);
    foreach ($users as $user) {
        printf("%-20s %s\n", $quote($user), in_array($user, $online, true) ? 'online' : 'offline');
    }
    exit;
}
foreach ($rollcall->nodes() as $node) {
    printf("node %s %s: %d clients of %d users\n", $node->id, $quote($node->name), $node->clients, $node->users);
}
foreach ($rollcall->all() as $client) {
    $since = date(DATE_ATOM, intdiv($client->since, 1000));
    printf("%s  %-20s since %s  %s\n", $client->id, $quote($client->user), $since, $quote($client->roles));
}
