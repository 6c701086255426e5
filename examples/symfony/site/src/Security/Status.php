<?php

declare(strict_types=1);

namespace App\Security;

enum Status: string
{
    case Active = 'active';
    case Banned = 'banned';
}
