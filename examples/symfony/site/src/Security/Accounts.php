<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\Exception\UnsupportedUserException;
use Symfony\Component\Security\Core\Exception\UserNotFoundException;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Core\User\UserProviderInterface;

/** The users of the firewalls admin and key. A file stands in for a database. */
final class Accounts implements UserProviderInterface
{
    private const ACCOUNTS = [
        'zofie@example.cz' => ['class' => EntityUser::class, 'id' => 7, 'password' => 'pw', 'roles' => ['ROLE_EDITOR', 'ROLE_ADMIN']],
        'jiri@example.cz' => ['class' => EntityUser::class, 'id' => 70, 'password' => 'pw', 'roles' => []],
        'magic@example.cz' => ['class' => MagicUser::class, 'id' => 8, 'password' => 'pw', 'roles' => ['ROLE_EDITOR']],
        'sf73@example.cz' => ['class' => Sf73User::class, 'id' => 9, 'password' => 'pw', 'roles' => ['ROLE_EDITOR']],
    ];

    public function __construct(private string $file)
    {
    }

    public function loadUserByIdentifier(string $identifier): UserInterface
    {
        $account = $this->all()[$identifier] ?? throw new UserNotFoundException();

        return new $account['class']($account['id'], $identifier, $account['password'], $account['roles']);
    }

    public function loadUserByUsername(string $username): UserInterface
    {
        return $this->loadUserByIdentifier($username);
    }

    public function refreshUser(UserInterface $user): UserInterface
    {
        if (!$this->supportsClass($user::class)) {
            throw new UnsupportedUserException();
        }

        return $this->loadUserByIdentifier($user->getUserIdentifier());
    }

    public function supportsClass(string $class): bool
    {
        return \in_array($class, [EntityUser::class, MagicUser::class, Sf73User::class], true);
    }

    /** @param array{password?: string, roles?: list<string>} $change */
    public function change(string $identifier, array $change): void
    {
        $all = $this->all();
        $all[$identifier] = $change + $all[$identifier];
        file_put_contents($this->file, json_encode($all), \LOCK_EX);
    }

    private function all(): array
    {
        return is_file($this->file) ? json_decode(file_get_contents($this->file), true) : self::ACCOUNTS;
    }
}
