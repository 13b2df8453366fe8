import type { GrpcAccess } from '@ddad/platform';

/*
 * Certificates for tests, valid until 2126, whose keys everybody knows. Made with OpenSSL 3: two authorities
 *   openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out authority.key
 *   openssl req -x509 -new -key authority.key -days 36500 -subj "/CN=ddad test authority" \
 *     -addext keyUsage=critical,keyCertSign -out authority.pem
 * and from each, with a key made in the same way, certificates for the names given below:
 *   openssl req -new -key service.key -subj "/CN=ddad test service" -out service.csr
 *   openssl x509 -req -in service.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 36500 -out service.pem \
 *     -extfile <(printf "subjectAltName=DNS:ddad-service,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
 */

type Tls = NonNullable<GrpcAccess['tls']>;

const authority = `-----BEGIN CERTIFICATE-----
MIIBozCCAUmgAwIBAgIUUNLUtxQ4DrG7HbQQnHFxOG9HQmcwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTZGRhZCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjQwODAyMDNa
GA8yMTI2MTAzMTA4MDIwM1owHjEcMBoGA1UEAwwTZGRhZCB0ZXN0IGF1dGhvcml0
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABG2SeLbl+LRVxZK8WZuLUkyDDZHn
VObHiqz1MMobV0Tra6UyQf/RSdagFbBf2ZLk7QqfDBdsPbe92ZCD1gAtqzmjYzBh
MB0GA1UdDgQWBBRRUJIaL12CgDqO/SgDPoqvIwaaIDAfBgNVHSMEGDAWgBRRUJIa
L12CgDqO/SgDPoqvIwaaIDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIC
BDAKBggqhkjOPQQDAgNIADBFAiBc3p3tsYMuhrrsCSLqEQIwG3NEkqZkg1uGES0C
33Q6VAIhAKtxSXU+Pd90w5b13cmfgizuD19WAXXlYUb/pOi0U/tw
-----END CERTIFICATE-----`;

const strangersAuthority = `-----BEGIN CERTIFICATE-----
MIIBtDCCAVugAwIBAgIUVkrGARr+7zBhjBrQriFWcofJ47AwCgYIKoZIzj0EAwIw
JzElMCMGA1UEAwwcZGRhZCB0ZXN0IHN0cmFuZ2VyLWF1dGhvcml0eTAgFw0yNjEx
MjQwODAyMDNaGA8yMTI2MTAzMTA4MDIwM1owJzElMCMGA1UEAwwcZGRhZCB0ZXN0
IHN0cmFuZ2VyLWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABInb
5heFkVcIdmuocRLZqEx0/DdSAX2xRawfpZ+GZWcPpsmLjmlMJFg7VuWo8CqZE+TW
gcWHiV5zmrSdhw9n5A2jYzBhMB0GA1UdDgQWBBRyVAe1kR6WK68uJd9fbSIFYnJv
dzAfBgNVHSMEGDAWgBRyVAe1kR6WK68uJd9fbSIFYnJvdzAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwICBDAKBggqhkjOPQQDAgNHADBEAiBto6HmRgVYRicl
YKym6NwlmltMtT8VfLdvksK1i+LZJQIgSzfZoshK8aWP9eJBk6YOuYHiOvi6cn8G
8oLm1pzLVxs=
-----END CERTIFICATE-----`;

/** Carries the address 127.0.0.1 and the name ddad-service. */
export const service: Tls = {
  ca: authority,
  cert: `-----BEGIN CERTIFICATE-----
MIIBvzCCAWWgAwIBAgIUVnMhgeOl6JUqYeielhR+gNVWm0EwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTZGRhZCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjQwODAyMDNa
GA8yMTI2MTAzMTA4MDIwM1owHDEaMBgGA1UEAwwRZGRhZCB0ZXN0IHNlcnZpY2Uw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASvuYC2hi73Bl7PF/6WvXXEhpCu7rXJ
WZ2QeJI5HtcOPb7RyE2NjG753grET++nZcmgqqsVNhy2YpH5tWqvIsOJo4GAMH4w
HQYDVR0RBBYwFIIMZGRhZC1zZXJ2aWNlhwR/AAABMB0GA1UdJQQWMBQGCCsGAQUF
BwMBBggrBgEFBQcDAjAdBgNVHQ4EFgQUW58IvpHVAEkVZhITmAXqHwpxsocwHwYD
VR0jBBgwFoAUUVCSGi9dgoA6jv0oAz6KryMGmiAwCgYIKoZIzj0EAwIDSAAwRQIg
W5CsJZ+D2Q/Q9TgW2pWeeLdaCYu3R4cn94y+K29AbmQCIQCpk6LxEjSZfbABdZxl
50/UIaCgTmnU7BW+GxOOCKj3ug==
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjDdtLrHpYGE8UXl+
Ws5vzDHJZT6SCEjT5ISWGRGViluhRANCAASvuYC2hi73Bl7PF/6WvXXEhpCu7rXJ
WZ2QeJI5HtcOPb7RyE2NjG753grET++nZcmgqqsVNhy2YpH5tWqvIsOJ
-----END PRIVATE KEY-----`,
};

/** Carries the name ddad-service only. */
export const named: Tls = {
  ca: authority,
  cert: `-----BEGIN CERTIFICATE-----
MIIBtzCCAVygAwIBAgIUVnMhgeOl6JUqYeielhR+gNVWm0IwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTZGRhZCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjQwODAyMDRa
GA8yMTI2MTAzMTA4MDIwNFowGjEYMBYGA1UEAwwPZGRhZCB0ZXN0IG5hbWVkMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER+rFJhSXAqwayWZZXxCa+t5sYYmznYVP
+Y5Wn/z7dl+2v7A7Z4dXnZ39+l9vASjb6AiT9Vcbhk7ryheooxHOe6N6MHgwFwYD
VR0RBBAwDoIMZGRhZC1zZXJ2aWNlMB0GA1UdJQQWMBQGCCsGAQUFBwMBBggrBgEF
BQcDAjAdBgNVHQ4EFgQUpDMv9Duigwr38lMzvX5mt6iFZhIwHwYDVR0jBBgwFoAU
UVCSGi9dgoA6jv0oAz6KryMGmiAwCgYIKoZIzj0EAwIDSQAwRgIhANKCFtldK9Ov
B8h+S3XQJnkQtHs2FrH+vhbmu9nvO6KuAiEA5SkUJ5MX8fCnBHXEVvaB6a4DF7UH
ItaGjVFbEg63nFs=
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfZ7WUXdV5cHFKf9h
226swsN40VIpDEojmGtCbWcDU+ShRANCAARH6sUmFJcCrBrJZllfEJr63mxhibOd
hU/5jlaf/Pt2X7a/sDtnh1ednf36X28BKNvoCJP1VxuGTuvKF6ijEc57
-----END PRIVATE KEY-----`,
};

/** Signed by an authority of its own; knows ours all the same. */
export const stranger: Tls = {
  ca: authority,
  cert: `-----BEGIN CERTIFICATE-----
MIIByTCCAW+gAwIBAgIUOsAvRwpAwoyTL2PfndVLoPc9Wk8wCgYIKoZIzj0EAwIw
JzElMCMGA1UEAwwcZGRhZCB0ZXN0IHN0cmFuZ2VyLWF1dGhvcml0eTAgFw0yNjEx
MjQwODAyMDRaGA8yMTI2MTAzMTA4MDIwNFowHTEbMBkGA1UEAwwSZGRhZCB0ZXN0
IHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfUPLj7g7NJG9ssKF
CFZEPuT6Ib7pNscU0U73iif7JwJNN2E5cB1Gaq8tR8MT4W8TYJYykyBXvnJPKA5V
SM3ZMaOBgDB+MB0GA1UdEQQWMBSCDGRkYWQtc2VydmljZYcEfwAAATAdBgNVHSUE
FjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwHQYDVR0OBBYEFGdzBiXJtxK29GUOAzv0
DdE3rJMdMB8GA1UdIwQYMBaAFHJUB7WRHpYrry4l319tIgVicm93MAoGCCqGSM49
BAMCA0gAMEUCIQCn9xfLY0JZM7av3Qfzs6P6UkXL7nEgneAr8sh8NhUZ4QIgBpgg
KLA1ZeTVVwRcVX/Lw603+GYnX3dD2lqVvwcCbB4=
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeEuMuW6CizKvtKdl
/vGd/hFITEby1PkJcR9rdQla7ZChRANCAAR9Q8uPuDs0kb2ywoUIVkQ+5Pohvuk2
xxTRTveKJ/snAk03YTlwHUZqry1HwxPhbxNgljKTIFe+ck8oDlVIzdkx
-----END PRIVATE KEY-----`,
};

/** The same, and it believes in nobody else's. */
export const strangerToAll: Tls = { ...stranger, ca: strangersAuthority };
