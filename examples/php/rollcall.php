<?php

/*
 * Reads from a cache who is connected to Rollcall's nodes, as docs/format.md
 * describes. It needs PHP 8.2 with the extension msgpack; on Debian:
 *
 *     apt-get install php-cli php-msgpack php-redis
 *
 * Copy this file and format.php. Give the reader a function that returns the
 * values of some keys in their order, false or null for one that is not there:
 *
 *     require 'rollcall.php';
 *     $redis = new Redis();
 *     $redis->connect('127.0.0.1');
 *     $rollcall = new Rollcall\Reader($redis->mget(...));
 *     $rollcall->online(['alice', 'bob']);
 *
 * An answer that cannot be given whole is an exception: Rollcall\Unreadable, or
 * that of the function. Users choose names and attributes, so escape them.
 */

declare(strict_types=1);

namespace Rollcall;

require_once __DIR__.'/format.php';

final class Reader
{
    private const KEYS_AT_ONCE = 256;

    private readonly \Closure $mget;

    /** @param callable(list<string>): list<string|false|null> $mget */
    public function __construct(callable $mget, private readonly string $prefix = 'rollcall:')
    {
        $this->mget = $mget(...);
    }

    public function lookup(string $id): ?Client
    {
        if (!preg_match('/^[A-Za-z0-9_-]{22}$/D', $id)) {
            return null;
        }
        $node = substr($id, 0, 11);
        $slot = unpack('N', base64_decode(strtr(substr($id, 11), '-_', '+/')))[1];
        $number = intdiv($slot, Format::PAGE_SLOTS);
        $asked = hrtime(true);
        [$lease, $page] = $this->fetch([$this->leaseKey($node), $this->pageKey($node, $number)]);
        if (null === $lease) {
            return null; // the node is gone, and whatever it left counts no more
        }
        $node = Format::lease($node, $lease, $asked);
        foreach (null === $page ? [] : Format::page($node, $number, $page) as $client) {
            if ($client->id === $id) {
                return $client;
            }
        }

        return null;
    }

    /** @return list<Client> */
    public function byUser(string $user): array
    {
        $places = [];
        foreach ($this->listed([$user]) as [$node, [$name, , $pages]]) {
            foreach ($name === $user ? $pages : [] as $page) {
                $places[] = [$node, $page, $this->pageKey($node->id, $page)];
            }
        }
        $clients = iterator_to_array($this->clientsAt($places), false);

        return array_values(array_filter($clients, fn (Client $client) => $client->user === $user));
    }

    /**
     * @param list<string> $users
     *
     * @return list<string> those of them who are there
     */
    public function online(array $users): array
    {
        $there = [];
        foreach ($this->listed($users) as [, [$name]]) {
            $there[$name] = true;
        }

        return array_values(array_filter($users, fn (string $user) => isset($there[$user])));
    }

    /** @return \Generator<Client> */
    public function all(): \Generator
    {
        $places = function () {
            foreach ($this->nodes() as $node) {
                for ($page = 0; $page < $node->pages; ++$page) {
                    yield [$node, $page, $this->pageKey($node->id, $page)];
                }
            }
        };
        yield from $this->clientsAt($places());
    }

    /** @return list<array{name: string, anonymous: bool}> */
    public function users(): array
    {
        $users = [];
        foreach ($this->listed(null) as [, [$name, $anonymous]]) {
            $users[$name] ??= ['name' => $name, 'anonymous' => $anonymous];
        }

        return array_values($users);
    }

    /**
     * A user who is on two nodes counts twice.
     *
     * @return array{clients: int, users: int, anonymous: int, age: int}
     */
    public function count(): array
    {
        $nodes = $this->nodes();

        return [
            'clients' => array_sum(array_column($nodes, 'clients')),
            'users' => array_sum(array_column($nodes, 'users')),
            'anonymous' => array_sum(array_column($nodes, 'anonymous')),
            'age' => max([0, ...array_column($nodes, 'age')]),
        ];
    }

    /** @return list<Node> those that are alive */
    public function nodes(): array
    {
        [$list] = $this->fetch([$this->prefix.'nodes']);
        $ids = null === $list ? [] : Format::nodes($list);
        $asked = hrtime(true);
        $nodes = [];
        foreach ($this->fetch(array_map($this->leaseKey(...), $ids)) as $i => $lease) {
            if (null !== $lease) {
                $nodes[] = Format::lease($ids[$i], $lease, $asked);
            }
        }

        return $nodes;
    }

    /**
     * Yields the users in the lists that $users would be in, null for all lists.
     *
     * @param list<string>|null $users
     *
     * @return \Generator<array{Node, array{string, bool, list<int>}}>
     */
    private function listed(?array $users): \Generator
    {
        $places = function () use ($users) {
            foreach ($this->nodes() as $node) {
                foreach (null === $users ? self::upTo(1 << $node->level) : self::bucketsOf($users, $node) as $bucket) {
                    yield [$node, $bucket, $this->listKey($node, $bucket)];
                }
            }
        };
        foreach ($this->read($places()) as [$node, , $list]) {
            if ($node->millisecondsSinceAsked() > $node->ttl) {
                // The node may have moved its users to other lists, and deleted these.
                throw new Unreadable('Rollcall: the cache is too slow: the lists took longer than a lease');
            }
            foreach (Format::users($list) as $user) {
                yield [$node, $user];
            }
        }
    }

    /** @return list<int> */
    private static function bucketsOf(array $users, Node $node): array
    {
        $hash = fn (string $user) => hexdec(hash('fnv1a32', $node->id.$user));

        return array_unique(array_map(fn (string $user) => $hash($user) & ((1 << $node->level) - 1), $users));
    }

    /** @return \Generator<int> what range would need an array for */
    private static function upTo(int $end): \Generator
    {
        for ($i = 0; $i < $end; ++$i) {
            yield $i;
        }
    }

    /** @return \Generator<Client> */
    private function clientsAt(iterable $places): \Generator
    {
        foreach ($this->read($places) as [$node, $number, $page]) {
            yield from Format::page($node, $number, $page);
        }
    }

    /**
     * Yields what is there, with the value in place of the key.
     *
     * @param iterable<array{Node, int, string}> $places node, number of the page or list, and key
     *
     * @return \Generator<array{Node, int, string}>
     */
    private function read(iterable $places): \Generator
    {
        $some = [];
        $readSome = function () use (&$some) {
            foreach ($this->fetch(array_column($some, 2)) as $i => $value) {
                if (null !== $value) {
                    yield [$some[$i][0], $some[$i][1], $value];
                }
            }
            $some = [];
        };
        foreach ($places as $place) {
            $some[] = $place;
            if (self::KEYS_AT_ONCE === \count($some)) {
                yield from $readSome();
            }
        }
        yield from $readSome();
    }

    /**
     * @param list<string> $keys
     *
     * @return list<string|null>
     */
    private function fetch(array $keys): array
    {
        $values = [];
        foreach (array_chunk($keys, self::KEYS_AT_ONCE) as $some) {
            $got = ($this->mget)($some);
            if (!\is_array($got) || \count($got) !== \count($some)) {
                throw new Unreadable('Rollcall: the cache does not answer');
            }
            foreach ($got as $value) {
                $values[] = false === $value ? null : $value;
            }
        }

        return $values;
    }

    private function pageKey(string $node, int $number): string
    {
        return $this->prefix.'p:'.$node.':'.base_convert((string) $number, 10, 36);
    }

    private function listKey(Node $node, int $bucket): string
    {
        return $this->prefix.'u:'.$node->id.':'.$node->level.':'.base_convert((string) $bucket, 10, 36);
    }

    private function leaseKey(string $node): string
    {
        return $this->prefix.'l:'.$node;
    }
}
