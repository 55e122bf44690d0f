package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

func block(kind string, bytes []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
}

func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return key, block("PRIVATE KEY", der), err
}

// What the API server signs tokens of ServiceAccounts with, and what it knows them by.
func writeSigningKey(private, public string) error {
	key, text, err := newKey()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := os.WriteFile(private, text, 0o600); err != nil {
		return err
	}
	return os.WriteFile(public, block("PUBLIC KEY", der), 0o600)
}

// Certificate is one for a server, with the authority that signed it, all PEM.
type Certificate struct{ Authority, Certificate, Key []byte }

// NewCertificate makes an authority and has it sign one certificate for these names.
func NewCertificate(names ...string) (made Certificate, err error) {
	of := func(number int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
	}
	authorityKey, _, err := newKey()
	if err != nil {
		return made, err
	}
	authority := of(1, "test authority")
	authority.IsCA, authority.KeyUsage = true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return made, err
	}
	made.Authority = block("CERTIFICATE", der)
	key, text, err := newKey()
	if err != nil {
		return made, err
	}
	made.Key = text
	server := of(2, names[0])
	server.DNSNames, server.KeyUsage = names, x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err = x509.CreateCertificate(rand.Reader, server, authority, key.Public(), authorityKey)
	made.Certificate = block("CERTIFICATE", der)
	return made, err
}
