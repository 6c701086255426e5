<?php
// What Illuminate\Encryption\Encrypter::encrypt, Cookie\CookieValuePrefix::create and
// Session\EncryptedStore do. Arguments: the cipher, the key in hexadecimal, the
// cookie's name, the session's id.
[, $cipher, $key, $name, $id] = $argv;
$key = hex2bin($key);

function encrypt($value, $cipher, $key, $serialize)
{
    $iv = random_bytes(openssl_cipher_iv_length(strtolower($cipher)));
    $value = openssl_encrypt($serialize ? serialize($value) : $value, strtolower($cipher), $key, 0, $iv, $tag);
    $iv = base64_encode($iv);
    $tag = base64_encode($tag ?? '');
    $mac = str_contains($cipher, 'GCM') ? '' : hash_hmac('sha256', $iv.$value, $key);

    return base64_encode(json_encode(compact('iv', 'value', 'mac', 'tag'), JSON_UNESCAPED_SLASHES));
}

$session = [
    '_token' => 'tok',
    '_previous' => ['url' => 'https://example.com/a|b?c="d"'],
    'login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d' => 42,
    'name' => 'Žofie „Ž” 🚀',
    'big' => PHP_INT_MAX,
];
foreach (['php' => serialize($session), 'json' => json_encode($session)] as $format => $payload) {
    $encrypted = encrypt($payload, $cipher, $key, true);
    $stored["file $format"] = $payload;
    $stored["database $format"] = base64_encode($payload);
    $stored["redis $format"] = serialize($payload);
    $stored["file $format encrypted"] = $encrypted;
    $stored["database $format encrypted"] = base64_encode($encrypted);
    $stored["redis $format encrypted"] = serialize($encrypted);
}
echo json_encode([
    'cookie' => rawurlencode(encrypt(hash_hmac('sha1', $name.'v2', $key).'|'.$id, $cipher, $key, false)),
    'stored' => $stored,
]);
