<?php

declare(strict_types=1);

namespace App\Security;

/** What Symfony wants of the users that show a way of being serialized. */
trait Identifier
{
    use Accessors;

    /** @param list<string> $roles */
    public function __construct(private int $id, private string $email, private string $password, private array $roles)
    {
    }
}
