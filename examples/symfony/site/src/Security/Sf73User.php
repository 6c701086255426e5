<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\User\EquatableInterface;
use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;
use Symfony\Component\Security\Core\User\UserInterface;

/** As make:user makes users from Symfony 7.3 on: no password hash in the session. */
final class Sf73User implements UserInterface, PasswordAuthenticatedUserInterface, EquatableInterface
{
    use Identifier;

    public function __serialize(): array
    {
        $data = (array) $this;
        $data["\0".self::class."\0password"] = hash('crc32c', $this->password);

        return $data;
    }

    /** Symfony 7.3 knows that it compares a checksum; 5.4 must be told. */
    public function isEqualTo(UserInterface $user): bool
    {
        return $user instanceof self
            && $user->email === $this->email
            && $user->getRoles() === $this->getRoles()
            && \in_array($this->password, [$user->password, hash('crc32c', $user->password)], true);
    }
}
