-- Vai trò xaphuhop_chu giữ bảng (nâng cấp, khôi phục, chuyển nhật ký cũ ra tệp); vai trò xaphuhop chạy ứng dụng và với nhật ký
-- chỉ được đọc, thêm dòng. Chạy bằng tài khoản quản trị PostgreSQL, ngay trong cơ sở dữ liệu của hệ thống, sau mỗi lần
-- migrate hay restore; chạy lại bao nhiêu lần cũng được:
--     sudo -u postgres psql --single-transaction --set ON_ERROR_STOP=1 xaphuhop < docs/van-hanh/vai-tro.sql

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'xaphuhop_chu') THEN CREATE ROLE xaphuhop_chu LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'xaphuhop') THEN CREATE ROLE xaphuhop LOGIN; END IF;
END $$;
ALTER ROLE xaphuhop_chu NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE xaphuhop NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- Bản cài trước đây để xaphuhop giữ mọi thứ: chủ của bảng tắt được bộ kích hoạt, nên phải chuyển hết.
REASSIGN OWNED BY xaphuhop TO xaphuhop_chu;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, xaphuhop;
GRANT USAGE ON SCHEMA public TO xaphuhop;
GRANT USAGE, CREATE ON SCHEMA public TO xaphuhop_chu;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, xaphuhop;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO xaphuhop;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO xaphuhop;

REVOKE UPDATE, DELETE ON core_auditevent FROM xaphuhop;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM xaphuhop;
