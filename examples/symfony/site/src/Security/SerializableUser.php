<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\User\UserInterface;

/** PHP's way before __serialize, written as C:. The identifier is at index 1. */
final class SerializableUser implements UserInterface, \Serializable
{
    use Identifier;

    public function serialize(): string
    {
        return serialize([$this->id, $this->email, $this->password, $this->roles]);
    }

    public function unserialize(string $data): void
    {
        [$this->id, $this->email, $this->password, $this->roles] = unserialize($data);
    }
}
