<?php

/*
 * The values that Rollcall's nodes write, and what a reader makes of them; see
 * docs/format.md. It needs PHP 8.2 of 64 bits with the extension msgpack.
 */

declare(strict_types=1);

namespace Rollcall;

/** A value in the cache is not what a node of this version writes. */
final class Unreadable extends \RuntimeException
{
}

final readonly class Client
{
    /**
     * @param list<string>          $roles
     * @param int                   $since      milliseconds since 1970, by the clock of the node
     * @param array<string, string> $attributes as in any array, a key of digits is an int
     * @param int                   $age        milliseconds that this may be old
     */
    public function __construct(
        public string $id,
        public string $user,
        public bool $anonymous,
        public array $roles,
        public int $since,
        public array $attributes,
        public int $age,
    ) {
    }
}

final readonly class Node
{
    /**
     * @param int $age   milliseconds that this may be old
     * @param int $pages the numbers of its pages are below
     * @param int $level it has 2 ** level lists of users
     * @param int $ttl   milliseconds that its lease lasts
     * @param int $asked when the lease was asked for, by hrtime
     */
    public function __construct(
        public string $id,
        public string $name,
        public int $clients,
        public int $users,
        public int $anonymous,
        public int $age,
        public int $pages,
        public int $level,
        public int $ttl,
        public int $asked,
    ) {
    }

    public function millisecondsSinceAsked(): int
    {
        return intdiv(hrtime(true) - $this->asked, 1_000_000) + 1;
    }
}

final class Format
{
    public const PAGE_SLOTS = 16;

    private const VERSION = 1;
    private const MAX_VALUE = 4 << 20; // bytes
    private const MAX_CLIENTS = 1 << 28;
    private const MAX_PAGES = self::MAX_CLIENTS / self::PAGE_SLOTS;
    private const MAX_LEVEL = 26;
    private const MAX_NODES = 4096;
    private const MAX_NAME = 255; // bytes
    private const MAX_STRINGS = 64; // roles, or attributes
    private const MAX_ATTRIBUTES = 4096; // bytes
    private const DAY = 86_400_000;

    /** @return list<string> the ids */
    public static function nodes(string $value): array
    {
        $ids = self::elements($value);
        self::must(\count($ids) <= self::MAX_NODES, 'too many nodes');
        foreach ($ids as $id) {
            self::must(\is_string($id) && preg_match('/^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$/D', $id), 'a node');
        }

        return array_values(array_unique($ids, \SORT_STRING));
    }

    /** @param int $asked by hrtime */
    public static function lease(string $id, string $value, int $asked): Node
    {
        [, $pages, $level, $clients, $users, $anonymous, $ttl, $lag, $name] = self::atLeast(9, self::elements($value));
        self::must(self::within($pages, self::MAX_PAGES) && self::within($level, self::MAX_LEVEL), 'a lease');
        self::must(self::within($clients, self::MAX_CLIENTS), 'a lease');
        self::must(self::within($users, $clients) && self::within($anonymous, $clients), 'a lease');
        self::must(self::within($ttl, self::DAY) && self::within($lag, 365 * self::DAY), 'a lease');
        self::must(self::isString($name, self::MAX_NAME), 'a lease');

        return new Node($id, $name, $clients, $users, $anonymous, $ttl + $lag, $pages, $level, $ttl, $asked);
    }

    /** @return list<Client> */
    public static function page(Node $node, int $number, string $value): array
    {
        $clients = self::elements($value);
        self::must(\count($clients) <= self::PAGE_SLOTS, 'a page of too many clients');

        return array_map(fn (mixed $fields) => self::client($node, $number, $fields), $clients);
    }

    private static function client(Node $node, int $page, mixed $fields): Client
    {
        [$slot, $generation, $user, $anonymous, $roles, $since, $attributes] = self::atLeast(7, $fields);
        self::must(self::within($slot, self::MAX_CLIENTS) && intdiv($slot, self::PAGE_SLOTS) === $page, 'a client on the wrong page');
        self::must(self::within($generation, 0xFFFFFFFF) && $generation > 0, 'a client');
        self::must(self::isString($user, self::MAX_NAME) && '' !== $user && \is_bool($anonymous) && \is_int($since), 'a client');
        self::must(self::areStrings($roles, self::MAX_NAME) && array_is_list($roles), 'roles');
        self::must(self::areStrings($attributes, self::MAX_ATTRIBUTES), 'attributes');
        self::must(\strlen(implode($attributes).implode(array_keys($attributes))) <= self::MAX_ATTRIBUTES, 'attributes');
        $id = $node->id.self::base64(pack('NN', $slot, $generation));

        return new Client($id, $user, $anonymous, $roles, $since, $attributes, $node->age + $node->millisecondsSinceAsked());
    }

    /** @return list<array{string, bool, list<int>}> name, anonymous and pages of users */
    public static function users(string $value): array
    {
        $users = self::elements($value);
        foreach ($users as $user) {
            [$name, $anonymous, $pages] = self::atLeast(3, $user);
            self::must(self::isString($name, self::MAX_NAME) && '' !== $name && \is_bool($anonymous), 'a user');
            self::must(\is_array($pages) && array_is_list($pages) && [] !== $pages, 'pages');
            $last = -1;
            foreach ($pages as $page) {
                self::must(self::within($page, self::MAX_PAGES - 1) && $page > $last, 'pages');
                $last = $page;
            }
        }

        return $users;
    }

    /** @return list<mixed> what stands behind the version */
    private static function elements(string $value): array
    {
        self::must(\strlen($value) <= self::MAX_VALUE, 'too long');
        // Not msgpack_unpack, which makes objects of any class that a value names.
        // The warning about what is malformed becomes an exception below.
        $elements = @(new \MessagePack(false))->unpack($value);
        [$version] = self::atLeast(1, $elements);
        self::must(\is_int($version), 'no version');
        self::must(self::VERSION === $version, "format version $version, this program reads ".self::VERSION);

        return \array_slice($elements, 1);
    }

    /** @return list<mixed> $fields, which a later version may have added to */
    private static function atLeast(int $count, mixed $fields): array
    {
        self::must(\is_array($fields) && array_is_list($fields) && \count($fields) >= $count, 'malformed');

        return $fields;
    }

    private static function base64(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    private static function within(mixed $number, int $most): bool
    {
        return \is_int($number) && $number >= 0 && $number <= $most;
    }

    private static function isString(mixed $string, int $most): bool
    {
        return \is_string($string) && \strlen($string) <= $most;
    }

    private static function areStrings(mixed $strings, int $most): bool
    {
        return \is_array($strings) && \count($strings) <= self::MAX_STRINGS
            && [] === array_filter($strings, fn (mixed $string) => !self::isString($string, $most));
    }

    private static function must(bool|int $holds, string $what): void
    {
        $holds || throw new Unreadable("Rollcall: corrupt value in the cache: $what");
    }
}
