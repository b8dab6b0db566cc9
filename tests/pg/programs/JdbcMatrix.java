// pgjdbc: the extended protocol with server-side prepared statements, binary transfer, batches, cursors by
// fetch size, COPY, cancel, and DatabaseMetaData, which reads the catalogs as GUI tools do.

import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;

public class JdbcMatrix {
  static final Map<String, String> told = new LinkedHashMap<>();

  interface Step {
    void run() throws Exception;
  }

  static String env(String name) {
    return System.getenv(name);
  }

  static Connection connect(String... more) throws SQLException {
    Properties properties = new Properties();
    properties.put("user", env("PGUSER"));
    properties.put("password", env("PGPASSWORD"));
    properties.put("sslmode", "disable");
    for (int at = 0; at < more.length; at += 2) properties.put(more[at], more[at + 1]);
    return DriverManager.getConnection(
        "jdbc:postgresql://" + env("PGHOST") + ":" + env("PGPORT") + "/" + env("PGDATABASE"), properties);
  }

  static void check(String name, Object given, Object wanted) {
    told.put(name, Objects.equals(String.valueOf(given), String.valueOf(wanted)) ? "ok" : "gave " + given + " instead of " + wanted);
  }

  static void step(String name, Step step) {
    try {
      step.run();
      told.putIfAbsent(name, "ok");
    } catch (Exception error) {
      told.put(name, error.toString());
    }
  }

  static String codeOf(Step step) {
    try {
      step.run();
      return "no error";
    } catch (SQLException error) {
      return error.getSQLState();
    } catch (Exception error) {
      return error.toString();
    }
  }

  public static void main(String[] arguments) throws Exception {
    try (Connection db = connect()) {
      try (Statement statement = db.createStatement()) {
        statement.execute("create table jd (id int primary key, t varchar(40), n numeric(10,2), at timestamptz, d date, b boolean, f float8, big bigint, bytes bytea, u uuid, ns int[])");
        statement.execute("create index jd_t on jd (t)");
      }
      step("tls", () -> {
        try (Connection secure = connect("sslmode", "verify-ca", "sslrootcert", env("CA_FILE"))) {
          check("tls: verified", secure.createStatement().execute("select 1"), true);
        }
      });
      step("refused", () -> check("refused: code", codeOf(() -> connect("password", "wrong").close()), "28P01"));
      step("values", () -> values(db));
      step("prepared", () -> prepared(db));
      step("transactions", () -> transactions(db));
      step("errors", () -> errors(db));
      step("cancel", () -> cancel(db));
      step("cursor", () -> cursor(db));
      step("copy", () -> copy(db));
      step("metadata", () -> metadata(db));
      step("pool", JdbcMatrix::pool);
    }
    StringJoiner out = new StringJoiner(",", "{", "}");
    told.forEach((name, value) -> out.add(json(name) + ":" + json(value)));
    System.out.print(out);
  }

  static void values(Connection db) throws SQLException {
    UUID key = new UUID(0, 7);
    OffsetDateTime at = OffsetDateTime.of(2024, 2, 29, 12, 0, 0, 250_000_000, ZoneOffset.UTC);
    try (PreparedStatement insert = db.prepareStatement("insert into jd values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setInt(1, 1);
      insert.setString(2, "é?");
      insert.setBigDecimal(3, new BigDecimal("12.50"));
      insert.setObject(4, at);
      insert.setObject(5, LocalDate.of(2024, 2, 29));
      insert.setBoolean(6, true);
      insert.setDouble(7, 0.1);
      insert.setLong(8, Long.MAX_VALUE);
      insert.setBytes(9, new byte[] {0, -1});
      insert.setObject(10, key);
      insert.setArray(11, db.createArrayOf("int4", new Integer[] {1, null, 3}));
      check("insert", insert.executeUpdate(), 1);
    }
    // More than five times: the driver then prepares at the server, and takes results in binary.
    for (int round = 0; round < 8; round++) {
      try (PreparedStatement select = db.prepareStatement("select * from jd where id = ?")) {
        ((org.postgresql.PGStatement) select).setPrepareThreshold(round < 4 ? 5 : -1);
        select.setInt(1, 1);
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          List<Object> given = List.of(rows.getInt(1), rows.getString(2), rows.getBigDecimal(3), rows.getObject(4, OffsetDateTime.class).toInstant(), rows.getObject(5, LocalDate.class), rows.getBoolean(6), rows.getDouble(7), rows.getLong(8), rows.getBytes(9)[1], rows.getObject(10), Arrays.toString((Object[]) rows.getArray(11).getArray()));
          check("select " + round, given, List.of(1, "é?", "12.50", at.toInstant(), "2024-02-29", true, 0.1, Long.MAX_VALUE, -1, key, "[1, null, 3]"));
        }
      }
    }
  }

  static void prepared(Connection db) throws SQLException {
    try (PreparedStatement batch = db.prepareStatement("insert into jd (id, t) values (?, ?)")) {
      for (int id = 100; id < 150; id++) {
        batch.setInt(1, id);
        batch.setString(2, "row " + id);
        batch.addBatch();
      }
      check("batch", Arrays.stream(batch.executeBatch()).sum(), 50);
    }
    try (PreparedStatement described = db.prepareStatement("select id, t, n from jd where t like ? and n > ?")) {
      ResultSetMetaData columns = described.getMetaData();
      check("described", columns.getColumnTypeName(3) + columns.getPrecision(3) + "," + columns.getScale(3), "numeric10,2");
      check("parameters", described.getParameterMetaData().getParameterTypeName(2), "numeric");
    }
    try (PreparedStatement keys = db.prepareStatement("insert into jd (id, t) values (200, 'k')", new String[] {"id"})) {
      keys.executeUpdate();
      ResultSet generated = keys.getGeneratedKeys();
      generated.next();
      check("generated keys", generated.getInt(1), 200);
    }
  }

  static void transactions(Connection db) throws SQLException {
    db.setAutoCommit(false);
    try (Statement statement = db.createStatement()) {
      statement.executeUpdate("insert into jd (id) values (300)");
      Savepoint savepoint = db.setSavepoint("a");
      check("duplicate", codeOf(() -> statement.executeUpdate("insert into jd (id) values (300)")), "23505");
      check("failed", codeOf(() -> statement.execute("select 1")), "25P02");
      db.rollback(savepoint);
      statement.executeUpdate("insert into jd (id) values (301)");
      db.commit();
      ResultSet rows = statement.executeQuery("select count(*) from jd where id in (300, 301)");
      rows.next();
      check("committed", rows.getInt(1), 2);
      statement.executeUpdate("delete from jd where id = 300");
      db.rollback();
    }
    db.setAutoCommit(true);
    db.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    db.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
  }

  static void errors(Connection db) throws SQLException {
    try (Statement statement = db.createStatement()) {
      check("syntax", codeOf(() -> statement.execute("selec 1")), "42601");
      check("table", codeOf(() -> statement.execute("select * from nowhere")), "42P01");
      check("division", codeOf(() -> statement.execute("select 1/0")), "22012");
      try {
        statement.executeUpdate("insert into jd (id) values (1)");
      } catch (PSQLException error) {
        check("constraint", error.getServerErrorMessage().getConstraint() + " " + error.getServerErrorMessage().getTable(), "jd_pkey jd");
      }
    }
  }

  static void cancel(Connection db) throws SQLException {
    String endless = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r";
    try (Statement statement = db.createStatement()) {
      new Timer(true).schedule(new TimerTask() {
        public void run() {
          try {
            statement.cancel();
          } catch (SQLException error) {
            told.put("cancel: asked", error.toString());
          }
        }
      }, 300);
      check("cancelled", codeOf(() -> statement.executeQuery(endless)), "57014");
      statement.setQueryTimeout(1);
      check("timeout", codeOf(() -> statement.executeQuery(endless)), "57014");
    }
  }

  static void cursor(Connection db) throws SQLException {
    db.setAutoCommit(false);
    try (Statement statement = db.createStatement()) {
      statement.setFetchSize(10);
      ResultSet rows = statement.executeQuery("select n from generate_series(1, 95) g(n)");
      int sum = 0;
      while (rows.next()) sum += rows.getInt(1);
      check("fetch size", sum, 4560);
    }
    db.commit();
    db.setAutoCommit(true);
    try (Statement scrolling = db.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
      ResultSet rows = scrolling.executeQuery("select id, t from jd where id = 1");
      rows.last();
      rows.updateString("t", "updated");
      rows.updateRow();
      ResultSet again = db.createStatement().executeQuery("select t from jd where id = 1");
      again.next();
      check("updatable", again.getString(1), "updated");
    }
  }

  static void copy(Connection db) throws Exception {
    db.createStatement().execute("create table jd_copy (id int primary key, t text)");
    CopyManager copies = db.unwrap(PGConnection.class).getCopyAPI();
    check("in", copies.copyIn("copy jd_copy from stdin", new StringReader("1\ta\n2\t\\N\n")), 2);
    StringWriter out = new StringWriter();
    copies.copyOut("copy (select * from jd_copy order by id) to stdout with csv", out);
    check("out", out, "1,a\n2,\n");
  }

  static void metadata(Connection db) throws SQLException {
    DatabaseMetaData data = db.getMetaData();
    check("product", data.getDatabaseProductName() + " " + data.getDatabaseMajorVersion(), "PostgreSQL 15");
    check("tables", names(data.getTables(null, "public", "jd%", new String[] {"TABLE"}), "TABLE_NAME"), "[jd, jd_copy]");
    check("columns", names(data.getColumns(null, "public", "jd", "%"), "COLUMN_NAME"), "[id, t, n, at, d, b, f, big, bytes, u, ns]");
    check("column types", names(data.getColumns(null, "public", "jd", "%"), "TYPE_NAME"), "[int4, varchar, numeric, timestamptz, date, bool, float8, int8, bytea, uuid, _int4]");
    check("column sizes", names(data.getColumns(null, "public", "jd", "_"), "COLUMN_SIZE"), "[40, 10, 13, 1, 17, 2147483647]");
    check("keys", names(data.getPrimaryKeys(null, "public", "jd"), "COLUMN_NAME"), "[id]");
    check("indexes", names(data.getIndexInfo(null, "public", "jd", false, true), "INDEX_NAME"), "[jd_pkey, jd_t]");
    check("schemas", names(data.getSchemas(), "TABLE_SCHEM").contains("public"), true);
    check("no imported keys", names(data.getImportedKeys(null, "public", "jd"), "FK_NAME"), "[]");
    check("types", names(data.getTypeInfo(), "TYPE_NAME").contains("int4"), true);
    check("procedures", names(data.getProcedures(null, "public", "%"), "PROCEDURE_NAME"), "[]");
  }

  static List<String> names(ResultSet rows, String column) throws SQLException {
    List<String> names = new ArrayList<>();
    while (rows.next()) names.add(rows.getString(column));
    return names;
  }

  static void pool() throws SQLException {
    List<Connection> connections = new ArrayList<>();
    Set<Integer> pids = new HashSet<>();
    for (int count = 0; count < 50; count++) connections.add(connect());
    for (Connection each : connections) pids.add(each.unwrap(PGConnection.class).getBackendPID());
    for (Connection each : connections) each.close();
    check("pool of 50", pids.size(), 50);
  }

  static String json(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) out.append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? " " : String.valueOf(c));
    return out.append('"').toString();
  }
}
