<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\User\UserInterface;

/** It writes itself in a way that only it can read, so nobody else may guess. */
final class JsonSerializableUser implements UserInterface, \Serializable
{
    use Identifier;

    public function serialize(): string
    {
        return json_encode(['email' => $this->email, 'x' => '}";{']);
    }

    public function unserialize(string $data): void
    {
        $this->__construct(11, json_decode($data, true)['email'], 'pw', []);
    }
}
