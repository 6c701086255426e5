<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;
use Symfony\Component\Security\Core\User\UserInterface;

/** Its __serialize returns a list, with the identifier at index 1. */
final class MagicUser implements UserInterface, PasswordAuthenticatedUserInterface
{
    use Identifier;

    public function __serialize(): array
    {
        return [$this->id, $this->email, $this->password, $this->roles];
    }

    public function __unserialize(array $data): void
    {
        [$this->id, $this->email, $this->password, $this->roles] = $data;
    }
}
