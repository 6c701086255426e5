<?php

declare(strict_types=1);

namespace App\Security;

/** What Symfony wants of the users that show a way of being serialized. */
trait Identifier
{
    /** @param list<string> $roles */
    public function __construct(private int $id, private string $email, private string $password, private array $roles)
    {
    }

    public function getUserIdentifier(): string
    {
        return $this->email;
    }

    public function getUsername(): string
    {
        return $this->email;
    }

    public function getRoles(): array
    {
        return array_values(array_unique([...$this->roles, 'ROLE_USER']));
    }

    public function getPassword(): string
    {
        return $this->password;
    }

    public function getSalt(): ?string
    {
        return null;
    }

    public function eraseCredentials(): void
    {
    }
}
