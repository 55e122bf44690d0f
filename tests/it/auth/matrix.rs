//! Every way in which a token can be wrong, with the reason that the operator reads.

use gaitkeeper::auth::{Auth, Denial, bearer};
use time::Duration;

use super::signer::{mac, part};
use super::*;

fn auth(keys: &[&Signer], settings: &str) -> Auth {
    Auth::new(&config(&site(&client(keys, settings)), false)).unwrap().unwrap()
}

async fn admit(auth: &Auth, token: &str) -> Result<String, Denial> {
    let urls = [SERVICE.to_owned()];
    auth.admit(token, &urls, NOW).await.map(|pass| pass.name().to_owned())
}

fn ok() -> Result<String, Denial> {
    Ok("ehr".to_owned())
}

#[tokio::test]
async fn each_claim_missing_wrong_and_of_the_wrong_type() {
    let key = Signer::p384("k");
    let auth = auth(&[&key], "audiences = [\"urn:gaitkeeper\"]");
    let now = NOW.unix_timestamp();
    assert_eq!(admit(&auth, &key.token(&claims())).await, ok());
    for (claim, value, expected) in [
        ("iss", None, Err(Denial::Missing("iss"))),
        ("iss", Some(json!("")), Err(Denial::Missing("iss"))),
        ("iss", Some(json!(5)), Err(Denial::WrongType("iss"))),
        ("iss", Some(json!([ISSUER])), Err(Denial::WrongType("iss"))),
        ("iss", Some(json!("https://evil.example")), Err(Denial::UnknownIssuer)),
        ("iss", Some(json!(format!("{ISSUER}/"))), Err(Denial::UnknownIssuer)),
        ("iss", Some(json!(ISSUER.to_uppercase())), Err(Denial::UnknownIssuer)),
        ("aud", None, Err(Denial::Missing("aud"))),
        ("aud", Some(Value::Null), Err(Denial::Missing("aud"))),
        ("aud", Some(json!(5)), Err(Denial::WrongType("aud"))),
        ("aud", Some(json!([SERVICE, 5])), Err(Denial::WrongType("aud"))),
        ("aud", Some(json!({ "url": SERVICE })), Err(Denial::WrongType("aud"))),
        ("aud", Some(json!([])), Err(Denial::Audience)),
        ("aud", Some(json!("")), Err(Denial::Audience)),
        ("aud", Some(json!("https://cds.example/cds-services")), Err(Denial::Audience)),
        ("aud", Some(json!("https://cds.example/cds-services/other")), Err(Denial::Audience)),
        ("aud", Some(json!("http://cds.example/cds-services/leg-pain-patient-view")), Err(Denial::Audience)),
        ("aud", Some(json!(["https://a.example", SERVICE])), ok()),
        ("aud", Some(json!(format!("{SERVICE}/"))), ok()),
        ("aud", Some(json!("https://cds.example//cds-services///leg-pain-patient-view//")), ok()),
        (
            "aud",
            Some(json!("https:///cds.example/cds-services/leg-pain-patient-view")),
            Err(Denial::Audience),
        ),
        ("aud", Some(json!("https:/cds.example/cds-services/leg-pain-patient-view")), Err(Denial::Audience)),
        ("aud", Some(json!("//cds.example/cds-services/leg-pain-patient-view")), Err(Denial::Audience)),
        (
            "aud",
            Some(json!("https://cds.example/./cds-services/leg-pain-patient-view")),
            Err(Denial::Audience),
        ),
        (
            "aud",
            Some(json!("https://cds.example/cds-services/leg-pain-patient-view/x")),
            Err(Denial::Audience),
        ),
        ("aud", Some(json!(format!("{SERVICE}?"))), Err(Denial::Audience)),
        ("aud", Some(json!(format!("{SERVICE}#/"))), Err(Denial::Audience)),
        ("aud", Some(json!(format!("https://evil.example//{SERVICE}"))), Err(Denial::Audience)),
        ("aud", Some(json!(format!("{SERVICE} "))), Err(Denial::Audience)),
        ("aud", Some(json!("urn:gaitkeeper")), ok()),
        ("aud", Some(json!("urn:gaitkeeper/")), Err(Denial::Audience)),
        ("exp", None, Err(Denial::Missing("exp"))),
        ("exp", Some(json!((now + 300).to_string())), Err(Denial::WrongType("exp"))),
        ("exp", Some(json!(true)), Err(Denial::WrongType("exp"))),
        ("exp", Some(json!(-1)), Err(Denial::WrongType("exp"))),
        ("exp", Some(json!(1e300)), Err(Denial::WrongType("exp"))),
        ("exp", Some(json!(now + 300)), ok()),
        ("exp", Some(json!((now + 300) as f64 + 0.5)), ok()),
        ("exp", Some(json!(now - 300)), Err(Denial::Expired)),
        ("exp", Some(json!(0)), Err(Denial::Expired)),
        ("exp", Some(json!(now)), Err(Denial::Lifetime)),
        ("exp", Some(json!(now + 3600)), ok()),
        ("exp", Some(json!(now + 3601)), Err(Denial::Lifetime)),
        ("exp", Some(json!(4_102_444_800_i64)), Err(Denial::Lifetime)),
        // Milliseconds in place of seconds.
        ("exp", Some(json!((now + 300) * 1000)), Err(Denial::WrongType("exp"))),
        ("iat", None, Err(Denial::Missing("iat"))),
        ("iat", Some(json!(now.to_string())), Err(Denial::WrongType("iat"))),
        ("iat", Some(json!(now + 31)), Err(Denial::IssuedInFuture)),
        ("iat", Some(json!(now + 30)), ok()),
        ("iat", Some(json!(now - 3301)), Err(Denial::Lifetime)),
        ("nbf", Some(json!(now - 300)), ok()),
        ("nbf", Some(json!(now + 30)), ok()),
        ("nbf", Some(json!(now + 31)), Err(Denial::NotYet)),
        ("nbf", Some(json!("soon")), Err(Denial::WrongType("nbf"))),
        ("jti", None, Err(Denial::Missing("jti"))),
        ("jti", Some(json!("")), Err(Denial::Missing("jti"))),
        ("jti", Some(json!(7)), Err(Denial::WrongType("jti"))),
        ("sub", Some(json!(["anything"])), ok()),
        ("tenant", Some(json!("any")), ok()),
        // Where a client lists none, nothing is made of it.
        ("tenant", Some(json!(7)), ok()),
        ("tenant", Some(json!("")), ok()),
    ] {
        let mut claims = claims();
        let members = claims.as_object_mut().unwrap();
        members.remove(claim);
        members.extend(value.clone().map(|value| (claim.to_owned(), value)));
        assert_eq!(admit(&auth, &key.token(&claims)).await, expected, "{claim} {value:?}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_no_more() {
    let key = Signer::p384("k");
    let auth = auth(&[&key], "");
    let urls = [SERVICE.to_owned()];
    for (seconds, expected) in [(0, true), (300, true), (329, true), (330, false), (-30, true), (-31, false)]
    {
        let token = key.token(&claims());
        let admitted = auth.admit(&token, &urls, NOW + Duration::seconds(seconds)).await;
        assert_eq!(admitted.is_ok(), expected, "{seconds}");
    }
}

#[tokio::test]
async fn each_member_of_the_header() {
    let key = Signer::p384("k");
    let auth = auth(&[&key], "");
    for (member, value, expected) in [
        ("alg", None, Err(Denial::Malformed)),
        ("alg", Some(json!(1)), Err(Denial::Malformed)),
        ("alg", Some(json!("none")), Err(Denial::Algorithm)),
        ("alg", Some(json!("None")), Err(Denial::Algorithm)),
        ("alg", Some(json!("")), Err(Denial::Algorithm)),
        ("alg", Some(json!("es384")), Err(Denial::Algorithm)),
        ("alg", Some(json!("ES512")), Err(Denial::Algorithm)),
        ("alg", Some(json!("PS384")), Err(Denial::Algorithm)),
        ("alg", Some(json!("RS512")), Err(Denial::Algorithm)),
        ("alg", Some(json!("EdDSA")), Err(Denial::Algorithm)),
        ("alg", Some(json!("HS384")), Err(Denial::Algorithm)),
        ("alg", Some(json!("ES256")), Err(Denial::KeyForOtherAlgorithm)),
        ("alg", Some(json!("RS384")), Err(Denial::KeyForOtherAlgorithm)),
        ("typ", None, Err(Denial::Type)),
        ("typ", Some(json!("at+jwt")), Err(Denial::Type)),
        ("typ", Some(json!(1)), Err(Denial::Malformed)),
        ("typ", Some(json!("jwt")), ok()),
        ("kid", None, Err(Denial::NoKid)),
        ("kid", Some(json!("")), Err(Denial::NoKid)),
        ("kid", Some(json!(1)), Err(Denial::Malformed)),
        ("kid", Some(json!("K")), Err(Denial::UnknownKid)),
        ("kid", Some(json!("k ")), Err(Denial::UnknownKid)),
        ("crit", Some(json!(["exp"])), Err(Denial::Critical)),
        ("crit", Some(json!([])), Err(Denial::Critical)),
        ("jwk", Some(json!({ "kty": "EC" })), ok()),
        ("x5u", Some(json!("https://evil.example")), ok()),
        // The keys are in the settings: what a token says of them is not looked at.
        ("jku", Some(json!("https://evil.example/keys")), ok()),
    ] {
        let mut header = key.header();
        let members = header.as_object_mut().unwrap();
        members.remove(member);
        members.extend(value.clone().map(|value| (member.to_owned(), value)));
        assert_eq!(admit(&auth, &key.sign(&header, &claims())).await, expected, "{member} {value:?}");
    }
}

#[tokio::test]
async fn each_algorithm_with_each_key() {
    let keys = [Signer::p384("ec-384"), Signer::p256("ec-256"), Signer::rsa("rsa")];
    let every: Vec<&Signer> = keys.iter().collect();
    let auth = auth(&every, "");
    for (key, algorithm, expected) in [
        (0, "ES384", ok()),
        (1, "ES256", ok()),
        (2, "RS384", ok()),
        (2, "RS256", ok()),
        (0, "ES256", Err(Denial::KeyForOtherAlgorithm)),
        (0, "RS256", Err(Denial::KeyForOtherAlgorithm)),
        (1, "ES384", Err(Denial::KeyForOtherAlgorithm)),
        (2, "ES384", Err(Denial::KeyForOtherAlgorithm)),
        (2, "RS512", Err(Denial::Algorithm)),
        (2, "PS256", Err(Denial::Algorithm)),
    ] {
        let mut header = keys[key].header();
        header["alg"] = json!(algorithm);
        let token = keys[key].sign(&header, &claims());
        assert_eq!(admit(&auth, &token).await, expected, "{key} {algorithm}");
    }
    let of_client = Auth::new(&config(&site(&client(&every, "algorithms = [\"RS384\"]")), false));
    let of_client = of_client.unwrap().unwrap();
    assert_eq!(admit(&of_client, &keys[2].token(&claims())).await, ok());
    assert_eq!(admit(&of_client, &keys[0].token(&claims())).await, Err(Denial::Algorithm));
}

#[tokio::test]
async fn a_key_that_says_what_it_is_for_is_used_for_nothing_else() {
    let key = Signer::rsa("rsa");
    let with = |member: &str, value: Value| {
        let mut jwk = key.jwk();
        jwk[member] = value;
        let usable = Signer::p256("other").jwk();
        let set = json!({ "keys": [jwk, usable] });
        let client = named_client("ehr", ISSUER, &format!("key_set = '{set}'"));
        Auth::new(&config(&site(&client), false)).unwrap().unwrap()
    };
    for (member, value, expected) in [
        ("alg", json!("RS384"), ok()),
        ("alg", json!("RS256"), Err(Denial::KeyForOtherAlgorithm)),
        ("alg", json!("RSA-OAEP"), Err(Denial::UnknownKid)),
        ("use", json!("sig"), ok()),
        ("use", json!("enc"), Err(Denial::UnknownKid)),
        ("key_ops", json!(["verify"]), ok()),
        ("key_ops", json!(["encrypt"]), Err(Denial::UnknownKid)),
        ("n", json!("AQAB"), Err(Denial::UnknownKid)),
    ] {
        let auth = with(member, value.clone());
        assert_eq!(admit(&auth, &key.token(&claims())).await, expected, "{member} {value}");
    }
}

/// Attacks that take a public key for a shared secret, or no signature for a good one.
#[tokio::test]
async fn a_public_key_is_no_secret_and_nothing_is_no_signature() {
    let key = Signer::rsa("k");
    let auth = auth(&[&key], "");
    let other = Signer::rsa("k");
    let mut header = key.header();
    for algorithm in ["HS256", "HS384", "HS512"] {
        header["alg"] = json!(algorithm);
        let jwk = key.jwk().to_string();
        for secret in [key.public(), jwk.as_bytes(), b""] {
            assert_eq!(admit(&auth, &mac(&header, &claims(), secret)).await, Err(Denial::Algorithm));
        }
    }
    let good = key.token(&claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = signed.split_once('.').unwrap();
    let more = json!({ "iss": ISSUER, "aud": SERVICE, "jti": "1", "iat": 0, "exp": 9 });
    let twice = part(&claims()) + &part(&claims());
    let mut none = key.header();
    none["alg"] = json!("none");
    for (what, token, expected) in [
        ("good", good.clone(), ok()),
        ("the key of somebody else", other.token(&claims()), Err(Denial::Signature)),
        ("no signature", format!("{signed}."), Err(Denial::Signature)),
        ("other claims", format!("{head}.{}.{signature}", part(&more)), Err(Denial::Signature)),
        (
            "another header",
            format!("{}.{payload}.{signature}", part(&json!({"alg":"RS384","typ":"JWT","kid":"k","x":1}))),
            Err(Denial::Signature),
        ),
        ("a signature of half the length", format!("{signed}.{}", &signature[..100]), Err(Denial::Signature)),
        ("a signature of zeros", format!("{signed}.{}", "A".repeat(signature.len())), Err(Denial::Signature)),
        ("a signature that is not base64", format!("{signed}.%%%"), Err(Denial::Signature)),
        ("alg none", format!("{}.{payload}.", part(&none)), Err(Denial::Algorithm)),
        ("two parts", signed.to_owned(), Err(Denial::Malformed)),
        ("four parts", format!("{good}.x"), Err(Denial::Malformed)),
        ("nothing", String::new(), Err(Denial::Malformed)),
        ("dots", "..".to_owned(), Err(Denial::Malformed)),
        ("not base64", format!("{head}.%.{signature}"), Err(Denial::Malformed)),
        ("padded", format!("{head}=.{payload}.{signature}"), Err(Denial::Malformed)),
        ("two objects", format!("{head}.{twice}.{signature}"), Err(Denial::Malformed)),
        ("a list", format!("{head}.{}.{signature}", part(&json!([1]))), Err(Denial::Malformed)),
        ("too long", key.token(&json!({ "x": "y".repeat(9000) })), Err(Denial::Malformed)),
    ] {
        assert_eq!(admit(&auth, &token).await, expected, "{what}");
    }
}

/// A claim that comes twice is one to the first reader and the other to the second.
#[tokio::test]
async fn a_claim_that_comes_twice_is_refused() {
    let key = Signer::p384("k");
    let auth = auth(&[&key], "");
    let mut text = claims().to_string();
    text.insert_str(1, "\"iss\":\"https://evil.example\",");
    let raw = serde_json::value::RawValue::from_string(text).unwrap();
    // As the signer writes it: the text as it is.
    let signed = key.sign(&key.header(), &Value::Null);
    let (head, _) = signed.split_once('.').unwrap();
    use base64::Engine;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(raw.get());
    assert_eq!(admit(&auth, &format!("{head}.{payload}.AAAA")).await, Err(Denial::Malformed));
}

#[tokio::test]
async fn tenants_of_one_issuer_are_two_clients_with_keys_of_their_own() {
    let (north, south) = (Signer::p384("n"), Signer::p384("s"));
    let site_of = |name: &str, key: &Signer, tenants: &str| {
        let set = json!({ "keys": [key.jwk()] });
        named_client(name, ISSUER, &format!("dialect = \"oracle\"\nkey_set = '{set}'\ntenants = {tenants}"))
    };
    let clients = site_of("north", &north, "[\"n1\", \"n2\"]") + &site_of("south", &south, "[\"s\"]");
    let auth = Auth::new(&config(&site(&clients), false)).unwrap().unwrap();
    for (key, tenant, expected) in [
        (&north, Some("n1"), Ok("north")),
        (&north, Some("n2"), Ok("north")),
        (&south, Some("s"), Ok("south")),
        (&north, Some("s"), Err(Denial::UnknownKid)),
        (&south, Some("n1"), Err(Denial::UnknownKid)),
        (&north, Some("x"), Err(Denial::Tenant)),
        (&north, None, Err(Denial::Tenant)),
    ] {
        let mut claims = claims();
        if let Some(tenant) = tenant {
            claims["tenant"] = json!(tenant);
        }
        let admitted = admit(&auth, &key.token(&claims)).await;
        assert_eq!(admitted, expected.map(str::to_owned), "{} {tenant:?}", key.kid);
    }
    let mut claims = claims();
    claims["tenant"] = json!(7);
    assert_eq!(admit(&auth, &north.token(&claims)).await, Err(Denial::WrongType("tenant")));
}

#[tokio::test]
async fn a_token_is_used_as_often_as_the_settings_say() {
    let key = Signer::p384("k");
    for (replay, expected) in [
        ("strict", [true, false, false]),
        ("per-hook-instance", [true, true, false]),
        ("off", [true, true, true]),
    ] {
        let auth = auth(&[&key], &format!("replay = \"{replay}\""));
        let token = key.token(&claims());
        let mut found = Vec::new();
        for instance in ["a", "b", "a"] {
            let pass = auth.admit(&token, &[SERVICE.to_owned()], NOW).await.unwrap();
            let spent = pass.spend(NOW).await;
            let spent = match spent {
                Ok(()) => pass.spend_for(instance, NOW).await,
                spent => spent,
            };
            assert!(matches!(spent, Ok(()) | Err(Denial::Replayed)));
            found.push(spent.is_ok());
        }
        assert_eq!(found, expected, "{replay}");
    }
}

#[test]
fn one_bearer_token_and_nothing_else() {
    for (values, expected) in [
        (&[][..], Err(Denial::NoToken)),
        (&["Bearer a.b.c"], Ok("a.b.c")),
        (&["bearer  a.b.c "], Ok("a.b.c")),
        (&["Bearer"], Err(Denial::NotBearer)),
        (&["Bearer "], Err(Denial::NotBearer)),
        (&["Basic dTpw"], Err(Denial::NotBearer)),
        (&["a.b.c"], Err(Denial::NotBearer)),
        (&["Bearer a", "Bearer b"], Err(Denial::NotBearer)),
        (&["Bearer \u{ff}\u{ff}"], Ok("\u{ff}\u{ff}")),
    ] {
        assert_eq!(bearer(values.iter().map(|value| value.as_bytes())), expected, "{values:?}");
    }
    assert_eq!(bearer([&b"Bearer \xff"[..]].into_iter()), Err(Denial::NotBearer));
}

/// What `gaitkeeper token` mints is accepted by the sandbox that has its key, and by nothing else.
#[tokio::test]
async fn test_tokens_are_good_for_a_sandbox_only() {
    use gaitkeeper::auth::mint::TestKey;
    use gaitkeeper::config::TEST_ISSUER;
    let key = TestKey::generate().unwrap();
    let key = TestKey::read(key.private()).unwrap();
    let token = key.token(SERVICE, None, NOW, Duration::minutes(5)).unwrap();
    let text = format!("dialect = \"sandbox\"\nkey_set = '{}'", key.key_set());
    let sandbox = config(&site(&named_client("test", TEST_ISSUER, &text)), true);
    let sandbox = Auth::new(&sandbox).unwrap().unwrap();
    assert_eq!(admit(&sandbox, &token).await, Ok("test".to_owned()));
    let production = auth(&[&Signer::p384("k")], "");
    assert_eq!(admit(&production, &token).await, Err(Denial::UnknownIssuer));
    assert!(!format!("{key:?}").contains(&key.key_set()[60..80]));
}
