<?php

declare(strict_types=1);

namespace App\Controller;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;

/** What other pages of a website do with a session. */
final class Sessions
{
    /** Puts a basket into the session; with ?big, a large one. */
    public function set(Request $request): Response
    {
        $session = $request->getSession();
        $session->set('cart', [
            'items' => [1 => 'kniha', 'x' => "čaj\0\xff"],
            'total' => 12.5,
            'big' => \PHP_INT_MAX,
        ]);
        if ($request->query->has('big')) {
            $session->set('seen', array_map(static fn (int $i): array => ['id' => $i, 'title' => "Kniha číslo $i"], range(1, 250)));
        }
        $session->getFlashBag()->add('notice', 'Vloženo do košíku');
        $_SESSION['legacy_app'] = ['from' => 'outside symfony', 'ok' => true];

        return new Response("put into the session\n");
    }

    /**
     * Works for ?s seconds, or until the client goes away, with the session open,
     * and with its lock, if the handler has one. The client hears at once that it
     * has begun.
     */
    public function slow(Request $request): Response
    {
        ignore_user_abort(true); // so that the session is written in any case
        $session = $request->getSession();
        $session->set('slow', true);
        header('Content-Type: text/plain');
        while (ob_get_level()) {
            ob_end_flush(); // what PHP gathers, the client would hear at the end only
        }
        $until = microtime(true) + min($request->query->getInt('s', 3), 30);
        echo "the session is open\n";
        do {
            flush();
            usleep(20_000);
            echo '.';
        } while (microtime(true) < $until && !connection_aborted());
        $session->set('slow', false);

        return new Response("done\n");
    }
}
