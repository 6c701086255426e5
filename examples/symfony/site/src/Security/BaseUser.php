<?php

declare(strict_types=1);

namespace App\Security;

/** What the users of many websites have in common. */
abstract class BaseUser
{
    private int $id;
    protected string $locale = 'cs_CZ';

    public function __construct(int $id)
    {
        $this->id = $id;
    }

    public function getId(): int
    {
        return $this->id;
    }
}
